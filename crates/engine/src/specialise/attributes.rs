//! Reads the attributes of a node, whatever they turn out to be.

use crate::{
    error::Fault,
    network::{Attribute, Step},
};

impl Step {
    /// A complaint about this node.
    pub(super) fn unsupported(&self, reason: impl Into<String>) -> Fault {
        Fault::unsupported(&self.op, reason)
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    pub(crate) fn int(&self, name: &str, default: i64) -> Result<i64, Fault> {
        match self.attribute(name) {
            None => Ok(default),
            Some(Attribute::Int(value)) => Ok(*value),
            Some(_) => Err(self.unsupported(format!("{name} is no integer"))),
        }
    }

    pub(crate) fn float(&self, name: &str, default: f32) -> Result<f32, Fault> {
        match self.attribute(name) {
            None => Ok(default),
            Some(Attribute::Float(value)) => Ok(*value),
            Some(_) => Err(self.unsupported(format!("{name} is no number"))),
        }
    }

    pub(crate) fn ints(&self, name: &str) -> Result<Option<&[i64]>, Fault> {
        match self.attribute(name) {
            None => Ok(None),
            Some(Attribute::Ints(values)) => Ok(Some(values)),
            Some(_) => Err(self.unsupported(format!("{name} is no list of integers"))),
        }
    }

    /// `N` lengths that fit this machine's memory.
    pub(super) fn lengths<const N: usize>(
        &self,
        name: &str,
        default: [usize; N],
    ) -> Result<[usize; N], Fault> {
        let Some(values) = self.ints(name)? else { return Ok(default) };
        let lengths: Vec<usize> = values
            .iter()
            .map(|&v| u32::try_from(v).map(|v| v as usize))
            .collect::<Result<_, _>>()
            .map_err(|_| self.unsupported(format!("{name} is out of range")))?;
        lengths
            .try_into()
            .map_err(|_| self.unsupported(format!("{name} does not have {N} numbers")))
    }

    /// A text attribute has to be one of `fine`; left out, it is `default`.
    pub(crate) fn text(&self, name: &str, default: &str, fine: &[&str]) -> Result<String, Fault> {
        let text = match self.attribute(name) {
            None => default.to_owned(),
            Some(Attribute::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            Some(_) => return Err(self.unsupported(format!("{name} is no text"))),
        };
        if fine.contains(&text.as_str()) {
            Ok(text)
        } else {
            Err(self.unsupported(format!("{name} is {:?}", crate::error::shorten(&text))))
        }
    }

    /// An integer attribute has to have this value, which is also its default.
    pub(super) fn only(&self, name: &str, value: i64) -> Result<(), Fault> {
        match self.int(name, value)? {
            v if v == value => Ok(()),
            v => Err(self.unsupported(format!("{name} is {v}"))),
        }
    }

    /// An axis of an array of `rank` axes; negative ones count from the end.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, Fault> {
        let from_start = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        usize::try_from(from_start)
            .ok()
            .filter(|&a| a < rank)
            .ok_or_else(|| self.unsupported(format!("there is no axis {axis}")))
    }
}
