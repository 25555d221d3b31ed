//! Any outputs of the right shapes are faces or an error, and faces are finite.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_core::{Detector, Tensor, YuNet};

const SIDE: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let mut values = bytes.as_chunks().0.iter().copied().map(f32::from_le_bytes).chain(
        // What the input does not say is 0.
        std::iter::repeat(0.0),
    );
    let mut outputs = Vec::new();
    for (width, stride) in [1, 1, 4, 10].into_iter().flat_map(|w| [8, 16, 32].map(|s| (w, s))) {
        let cells = (SIDE / stride).pow(2);
        let data = values.by_ref().take(cells * width).collect();
        outputs.push(Tensor::new(vec![1, cells, width], data).expect("counted"));
    }
    for face in YuNet::default().decode(&outputs, SIDE as u32).into_iter().flatten() {
        let b = face.bounding_box;
        assert!([b.x, b.y, b.width, b.height].iter().all(|v| v.is_finite()));
        assert!(b.width > 0.0 && b.height > 0.0 && (0.0..=1.0).contains(&face.score));
        assert!(face.landmarks.0.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
    }
});
