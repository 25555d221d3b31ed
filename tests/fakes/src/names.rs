//! Names that nobody has.

const FIRST: [&str; 24] = [
    "Alba", "Bruno", "Cleo", "Dario", "Edda", "Faye", "Gino", "Hana", "Ines", "Jonas", "Kaia",
    "Leon", "Mira", "Nils", "Odile", "Pavel", "Quinn", "Rhea", "Silas", "Tess", "Ugo", "Vera",
    "Wanda", "Yara",
];
const START: [&str; 20] = [
    "Ash", "Bell", "Cor", "Dun", "Elm", "Fen", "Gar", "Hol", "Iver", "Jas", "Kel", "Lor", "Mar",
    "Nor", "Oak", "Pell", "Quar", "Ros", "Stan", "Thorn",
];
const MIDDLE: [&str; 12] =
    ["a", "be", "cle", "der", "es", "fi", "gel", "in", "le", "mon", "ter", "wi"];
const END: [&str; 12] =
    ["bach", "by", "dale", "field", "ford", "ham", "land", "ley", "quist", "ridge", "son", "worth"];

/// One of about 70,000 names.
pub(crate) fn draw(random: &mut fastrand::Rng) -> String {
    let mut pick = |from: &[&str]| from[random.usize(..from.len())].to_owned();
    format!("{} {}{}{}", pick(&FIRST), pick(&START), pick(&MIDDLE), pick(&END))
}
