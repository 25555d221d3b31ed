//! `prepare NAME IN OUT` writes a prepared model; `prepare NAME IN OUT 1,3,320,320` writes the
//! float graph of that input shape.

use std::{error::Error, fs};

use rollcall_engine::{Limits, Network, prepare};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, from, to, shape @ ..] = &arguments[..] else {
        return Err("usage: prepare NAME IN OUT [SHAPE]".into());
    };
    let file = fs::read(from)?;
    let result = match shape {
        [] => prepare(name, &file, &Limits::default())?,
        shapes => {
            let shape: Vec<usize> =
                shapes[0].split(',').map(str::parse).collect::<Result<_, _>>()?;
            let graph = Network::parse(name, &file)?.specialise(&shape)?;
            let mut counts = std::collections::BTreeMap::new();
            graph.nodes.iter().for_each(|node| *counts.entry(node.op.name()).or_insert(0) += 1);
            println!("{counts:?}");
            graph.to_onnx()
        }
    };
    fs::write(to, result)?;
    Ok(())
}
