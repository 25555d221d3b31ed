//! Feature maps with the channels last.

use wide::f32x4;

/// The number of `f32` lanes a kernel works on at once.
pub(super) const LANES: usize = 4;

/// One picture's feature map, `[height][width][groups of 4 channels]`. Channels beyond the last
/// real one are padding: kernels may read and write them, nobody believes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) data: Vec<f32x4>,
}

impl Map {
    /// A map in `storage`, whose old content stays where it is: the caller overwrites all of it.
    pub(super) fn in_storage(
        [channels, height, width]: [usize; 3],
        mut storage: Vec<f32x4>,
    ) -> Self {
        storage.resize(height * width * channels.div_ceil(LANES), f32x4::ZERO);
        Self { height, width, channels, data: storage }
    }

    /// Groups of four channels in a pixel.
    pub(super) fn groups(&self) -> usize {
        self.channels.div_ceil(LANES)
    }

    /// Packs one picture given channel by channel.
    pub(super) fn from_planes(shape: [usize; 3], planes: &[f32], storage: Vec<f32x4>) -> Self {
        let mut map = Self::in_storage(shape, storage);
        let (groups, area) = (map.groups(), map.height * map.width);
        if !map.channels.is_multiple_of(LANES) {
            map.data.fill(f32x4::ZERO);
        }
        let values: &mut [f32] = bytemuck::cast_slice_mut(&mut map.data);
        for (channel, plane) in planes.chunks_exact(area.max(1)).enumerate() {
            let places = values.iter_mut().skip(channel).step_by(groups * LANES);
            for (place, &value) in places.zip(plane) {
                *place = value;
            }
        }
        map
    }

    /// The same values channel by channel.
    pub(super) fn to_planes(&self) -> Vec<f32> {
        let values: &[f32] = bytemuck::cast_slice(&self.data);
        (0..self.channels)
            .flat_map(|c| values.iter().skip(c).step_by(self.groups() * LANES).copied())
            .collect()
    }

    /// The same values pixel by pixel, without the padding.
    pub(super) fn to_pixels(&self) -> Vec<f32> {
        let values: &[f32] = bytemuck::cast_slice(&self.data);
        values
            .chunks_exact(self.groups() * LANES)
            .flat_map(|pixel| &pixel[..self.channels])
            .copied()
            .collect()
    }
}
