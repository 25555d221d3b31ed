//! A double of S3 on this machine: moto's server (PyPI `moto[server]`), if it is installed.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rollcall_builder::publish::Objects;

const BUCKET: &str = "rollcall";

/// The server, until it is dropped.
pub(crate) struct S3 {
    server: Child,
    port: u16,
}

impl S3 {
    /// Starts it and makes a bucket. `ROLLCALL_MOTO` names the program where it is not on the path.
    pub(crate) fn start() -> Option<Self> {
        let program = std::env::var("ROLLCALL_MOTO").unwrap_or_else(|_| "moto_server".to_owned());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(server) = server else {
            println!("skipped: {program} is not installed (pip install 'moto[server]')");
            return None;
        };
        let s3 = Self { server, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "{program} does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        let made = ureq::put(format!("http://127.0.0.1:{port}/{BUCKET}"))
            .header("authorization", authorization())
            .send_empty()
            .unwrap();
        assert!(made.status().is_success());
        // Anybody may read what is published.
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{BUCKET}/*"}}]}}"#
        );
        ureq::put(format!("http://127.0.0.1:{port}/{BUCKET}?policy"))
            .header("authorization", authorization())
            .send(policy)
            .unwrap();
        Some(s3)
    }

    /// A place in the bucket.
    pub(crate) fn bucket(&self, folder: &str) -> Objects {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let settings = [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT", &endpoint),
            ("AWS_ALLOW_HTTP", "true"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Objects::open(&format!("s3://{BUCKET}/{folder}"), settings).unwrap()
    }

    /// Where users fetch what is there.
    pub(crate) fn address(&self, folder: &str) -> String {
        format!("http://127.0.0.1:{}/{BUCKET}/{folder}", self.port)
    }
}

/// moto tells services apart by it, and checks nothing.
fn authorization() -> &'static str {
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
