//! Runs a plan for one picture.

use wide::f32x4;

use super::{
    conv::Conv,
    map::{LANES, Map},
    plan::{Kernel, Plan, Step},
    windows,
};

/// A value while a plan runs: a feature map as kernels like it, or numbers in row-major order.
enum Held {
    Map(Map),
    Flat(Vec<f32>),
}

/// The state of one run, and memory to use again in the next.
#[derive(Default)]
pub(super) struct Runner {
    spare: Vec<Vec<f32x4>>,
}

impl Runner {
    /// Runs `plan` on one picture, channel by channel; gives each output in row-major order.
    pub(super) fn run(&mut self, plan: &Plan, picture: &[f32]) -> Vec<Vec<f32>> {
        let mut held: Vec<Option<Held>> = plan.shapes.iter().map(|_| None).collect();
        held[plan.input] = Some(Held::Flat(picture.to_vec()));
        for step in &plan.steps {
            let result = self.step(plan, step, &mut held);
            held[step.output] = Some(result);
            for &value in &step.spent {
                if let Some(Held::Map(map)) = held[value].take() {
                    self.spare.push(map.data);
                }
            }
        }
        plan.outputs.iter().map(|&value| self.flat(&held, value)).collect()
    }

    fn step(&mut self, plan: &Plan, step: &Step, held: &mut [Option<Held>]) -> Held {
        let shape = &plan.shapes[step.output];
        match &step.kernel {
            Kernel::Reshape => Held::Flat(self.flat(held, step.inputs[0])),
            Kernel::Transpose(perm) => {
                Held::Flat(self.transpose(held, step.inputs[0], &plan.shapes[step.inputs[0]], perm))
            }
            Kernel::Softmax(length) => {
                let mut values = self.flat(held, step.inputs[0]);
                values.chunks_exact_mut(*length).for_each(windows::softmax);
                Held::Flat(values)
            }
            // Feature maps are joined as they lie; everything else as rows of numbers.
            Kernel::Concat(axis) if (*axis, shape.len()) != (1, 4) => {
                let parts = step.inputs.iter().map(|&input| {
                    let run = plan.shapes[input][*axis..].iter().product::<usize>();
                    (self.flat(held, input), run)
                });
                Held::Flat(windows::join_rows(&parts.collect::<Vec<_>>()))
            }
            Kernel::Gemm(gemm) => {
                let input = self.flat(held, step.inputs[0]);
                let mut out = self.map([gemm.outputs, 1, 1]);
                gemm.run(&input, [input.len(); 2], None, &mut out);
                let data = out.to_planes();
                self.spare.push(out.data);
                Held::Flat(data)
            }
            kernel => {
                for &input in &step.inputs {
                    self.ensure_map(held, input, &plan.shapes[input]);
                }
                let mut out = self.map(picture_shape(shape));
                let inputs: Vec<&Map> =
                    step.inputs.iter().filter_map(|&i| as_map(held, i)).collect();
                self.on_maps(kernel, &inputs, &mut out);
                Held::Map(out)
            }
        }
    }

    /// The kernels that read and write feature maps.
    fn on_maps(&mut self, kernel: &Kernel, inputs: &[&Map], out: &mut Map) {
        let [input, rest @ ..] = inputs else { return };
        match kernel {
            Kernel::Conv { conv, pads, pixel } => {
                self.convolve(conv, *pads, *pixel, input, rest.first().copied(), out);
            }
            Kernel::Depthwise(depthwise) => depthwise.run(input, out),
            Kernel::MaxPool(window) => windows::max_pool(window, input, out),
            Kernel::Resize(scale) => windows::repeat(*scale, input, out),
            Kernel::Add => {
                for (out, (a, b)) in out.data.iter_mut().zip(input.data.iter().zip(&rest[0].data)) {
                    *out = *a + *b;
                }
            }
            Kernel::Activation(activation) => {
                let groups = input.groups();
                for (i, (out, &x)) in out.data.iter_mut().zip(&input.data).enumerate() {
                    *out = activation.apply(i % groups, x);
                }
            }
            Kernel::Sigmoid => each(input, out, |x| 1.0 / (1.0 + (-x).exp())),
            Kernel::Clip(low, high) => each(input, out, |x| x.max(*low).min(*high)),
            Kernel::Concat(_) => windows::join(inputs, out),
            Kernel::Gemm(_) | Kernel::Transpose(_) | Kernel::Softmax(_) | Kernel::Reshape => {}
        }
    }

    fn convolve(
        &mut self,
        conv: &Conv,
        pads: [usize; 4],
        pixel: usize,
        input: &Map,
        residual: Option<&Map>,
        out: &mut Map,
    ) {
        let residual = residual.map(|map| &map.data[..]);
        if pads == [0; 4] && pixel == input.groups() * LANES {
            conv.run(
                bytemuck::cast_slice(&input.data),
                [input.width * pixel, pixel],
                residual,
                out,
            );
        } else {
            let row = (pads[1] + input.width + pads[3]) * pixel;
            let mut padded = self.spare.pop().unwrap_or_default();
            padded.clear();
            padded.resize((row * (pads[0] + input.height + pads[2])).div_ceil(LANES), f32x4::ZERO);
            windows::pad(input, pads, pixel, bytemuck::cast_slice_mut(&mut padded));
            conv.run(bytemuck::cast_slice(&padded), [row, pixel], residual, out);
            self.spare.push(padded);
        }
    }

    fn map(&mut self, shape: [usize; 3]) -> Map {
        // The largest spare storage first: big maps come early in a network, small ones late.
        let largest = (0..self.spare.len()).max_by_key(|&i| self.spare[i].capacity());
        let storage = largest.map(|i| self.spare.swap_remove(i)).unwrap_or_default();
        Map::in_storage(shape, storage)
    }

    fn ensure_map(&mut self, held: &mut [Option<Held>], value: usize, shape: &[usize]) {
        if let Some(Held::Flat(data)) = &held[value] {
            let storage = self.spare.pop().unwrap_or_default();
            held[value] = Some(Held::Map(Map::from_planes(picture_shape(shape), data, storage)));
        }
    }

    /// The value in row-major order.
    fn flat(&self, held: &[Option<Held>], value: usize) -> Vec<f32> {
        match &held[value] {
            Some(Held::Map(map)) => map.to_planes(),
            Some(Held::Flat(data)) => data.clone(),
            None => Vec::new(),
        }
    }

    fn transpose(
        &self,
        held: &[Option<Held>],
        value: usize,
        shape: &[usize],
        perm: &[usize],
    ) -> Vec<f32> {
        match &held[value] {
            // Channels last is how the map lies there already.
            Some(Held::Map(map)) if perm == [0, 2, 3, 1] => map.to_pixels(),
            _ => windows::transpose(&self.flat(held, value), shape, perm),
        }
    }
}

/// Channels, height and width of a batch of one; whatever has no height is one pixel high.
fn picture_shape(shape: &[usize]) -> [usize; 3] {
    let at = |axis: usize| shape.get(axis).copied().unwrap_or(1);
    [at(1), at(2), at(3)]
}

fn as_map(held: &[Option<Held>], value: usize) -> Option<&Map> {
    match &held[value] {
        Some(Held::Map(map)) => Some(map),
        _ => None,
    }
}

fn each(input: &Map, out: &mut Map, f: impl Fn(f32) -> f32) {
    for (out, x) in out.data.iter_mut().zip(&input.data) {
        *out = f32x4::new(x.to_array().map(&f));
    }
}
