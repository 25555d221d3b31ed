//! The order people mean when they number files: `frame9` before `frame10`.

use std::cmp::Ordering;

/// Compares runs of digits by their value and everything else letter by letter; names that are
/// equal so far, such as `1` and `01`, letter by letter as well.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let ((x, rest_x), (y, rest_y)) = (split_piece(left), split_piece(right));
        if x.is_empty() || y.is_empty() {
            return left.cmp(right).then_with(|| a.cmp(b));
        }
        let order = match (value(x), value(y)) {
            // More digits, the noughts before them left out, are a greater number.
            (Some(x), Some(y)) => x.len().cmp(&y.len()).then_with(|| x.cmp(y)),
            _ => x.cmp(y),
        };
        if order.is_ne() {
            return order;
        }
        (left, right) = (rest_x, rest_y);
    }
}

/// All digits at the beginning, or the first letter.
fn split_piece(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let letter = text.chars().next().map_or(0, char::len_utf8);
    text.split_at(if digits > 0 { digits } else { letter })
}

fn value(piece: &str) -> Option<&str> {
    piece.starts_with(|c: char| c.is_ascii_digit()).then(|| piece.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_count_by_value() {
        let huge = format!("f{}.jpg", "9".repeat(60));
        let order = [
            "", "-f2", "2", "10", "f", "f1.jpg", "f01.jpg", "f2-1", "f2-10", "f2.jpg", "f10.jpg",
            &huge, "g", "é1",
        ];
        let mut sorted = order.to_vec();
        sorted.reverse();
        sorted.sort_by(|a, b| compare(a, b));
        // `01` and `1` are one number: letters decide.
        assert_eq!(sorted[5..7], ["f01.jpg", "f1.jpg"]);
        sorted.swap(5, 6);
        assert_eq!(sorted, order);
    }

    proptest! {
        #[test]
        fn it_is_an_order(a in "[a-b0-2é]{0,6}", b in "[a-b0-2é]{0,6}", c in "[a-b0-2é]{0,6}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b).is_eq(), a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }

        #[test]
        fn numbered_files_are_in_the_order_of_their_numbers(a in any::<u32>(), b in any::<u32>()) {
            let name = |n: u32| format!("scene-{n}.jpg");
            prop_assert_eq!(compare(&name(a), &name(b)), a.cmp(&b));
        }
    }
}
