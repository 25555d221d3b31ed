//! Which faces in a performer's pictures are theirs.
//!
//! Upstreams' pictures show several people, masks, backs of heads, and now and then somebody else. So
//! the pictures are asked who is in most of them; what does not agree is left out, with a reason.

use rollcall_core::{Pair, Quality, UNKNOWN_BELOW, cluster};

use crate::photo::{Photo, SeenFace, similarity};

/// How alike another look (years apart, a beard) must be, on average, to the faces it is filed with:
/// about half of what one person's faces reach among themselves; and it takes two pictures.
const ANOTHER_LOOK: f32 = 0.3;

/// How much larger than the next a face must be, in area, for a lone picture of several people to be
/// about it.
const DOMINANT: f32 = 4.0;

/// Why a picture that shows faces is not used.
pub(crate) const TOO_POOR: &str = "its faces are too small or turned away";
pub(crate) const UNLIKE: &str = "nobody in it is like the person in the other pictures";
pub(crate) const AMBIGUOUS: &str = "several people, and nothing says who it is about";

/// A performer's faces.
#[derive(Debug, Default)]
pub(crate) struct Chosen<'a> {
    /// For each picture, the face that is theirs or why there is none.
    pub(crate) faces: Vec<Result<&'a SeenFace, &'static str>>,
    /// Why a person should look at this performer's pictures, if one should.
    pub(crate) doubt: Option<&'static str>,
}

/// A face among all the faces of one performer's pictures.
struct Spot<'a> {
    photo: usize,
    /// No other face in its picture can be compared.
    alone: bool,
    seen: &'a SeenFace,
}

/// Chooses among the faces of a performer's pictures, which come best first.
pub(crate) fn choose<'a>(photos: &[&'a Photo]) -> Chosen<'a> {
    let spots = spots(photos);
    let mut faces: Vec<_> = photos.iter().map(|_| Err(TOO_POOR)).collect();
    spots.iter().for_each(|spot| faces[spot.photo] = Err(UNLIKE));
    let pair = |a: usize, b: usize| Pair {
        similarity: similarity(&spots[a].seen.embeddings, &spots[b].seen.embeddings),
        apart: spots[a].photo == spots[b].photo,
    };
    let mut groups = cluster(spots.len(), pair, UNKNOWN_BELOW.0);
    // The most pictures, then the most with nobody else in them; of equals the one that comes first.
    let weight = |group: &Vec<usize>| (group.len(), alone_in(&spots, group));
    groups.sort_by_key(|group| std::cmp::Reverse(weight(group)));
    let Some((person, others)) = groups.split_first() else {
        return Chosen { faces, doubt: None };
    };
    let rivals = others.iter().any(|other| weight(other) == weight(person));
    let lone = spots.iter().all(|spot| spot.photo == spots[0].photo);
    if alone_in(&spots, person) == 0 && (rivals || person.len() == 1) {
        // Nobody is alone anywhere, and nobody is in more pictures than anybody else.
        for spot in &spots {
            faces[spot.photo] = Err(AMBIGUOUS);
        }
        if let Some(spot) = dominant(&spots).filter(|_| lone) {
            faces[spot.photo] = Ok(spot.seen);
        }
        return Chosen { faces, doubt: Some(AMBIGUOUS) };
    }
    let mut doubt = (rivals && person.len() == 1).then_some("each picture shows somebody else");
    let mut taken = person.clone();
    for other in others.iter().filter(|o| o.len() > 1 && alone_in(&spots, o) == o.len()) {
        let pairs = person.iter().flat_map(|&a| other.iter().map(move |&b| (a, b)));
        let sum: f32 = pairs.map(|(a, b)| pair(a, b).similarity).sum();
        if sum / (person.len() * other.len()) as f32 >= ANOTHER_LOOK {
            taken.extend(other);
        } else {
            doubt = Some("several pictures show somebody else");
        }
    }
    for spot in taken {
        faces[spots[spot].photo] = Ok(spots[spot].seen);
    }
    Chosen { faces, doubt }
}

/// The faces that can be compared.
fn spots<'a>(photos: &[&'a Photo]) -> Vec<Spot<'a>> {
    let of_photo = |(number, photo): (usize, &&'a Photo)| {
        let usable = |seen: &&SeenFace| Quality::of(&seen.face).is_some_and(|q| q.is_usable());
        let faces: Vec<&SeenFace> = photo.faces.iter().filter(usable).collect();
        let alone = faces.len() == 1;
        faces.into_iter().map(move |seen| Spot { photo: number, alone, seen }).collect::<Vec<_>>()
    };
    photos.iter().enumerate().flat_map(of_photo).collect()
}

fn alone_in(spots: &[Spot<'_>], group: &[usize]) -> usize {
    group.iter().filter(|&&spot| spots[spot].alone).count()
}

/// The face much larger than all others.
fn dominant<'a, 'b>(spots: &'b [Spot<'a>]) -> Option<&'b Spot<'a>> {
    let area = |spot: &Spot<'_>| {
        let b = spot.seen.face.bounding_box;
        b.width * b.height
    };
    let largest = spots.iter().max_by(|a, b| area(a).total_cmp(&area(b)))?;
    let mut others = spots.iter().filter(|spot| !std::ptr::eq(*spot, largest));
    others.all(|other| area(other) * DOMINANT <= area(largest)).then_some(largest)
}

#[cfg(test)]
mod tests {
    use rollcall_core::{BoundingBox, Embedding, Face, Landmarks, Point, TEMPLATE};

    use super::*;

    /// A face `degrees` away from Ada's, whose box is `side` pixels wide.
    fn face(degrees: f32, side: f32) -> SeenFace {
        let scale = side / 112.0;
        let landmarks = Landmarks(TEMPLATE.0.map(|p| Point { x: p.x * scale, y: p.y * scale }));
        let bounding_box = BoundingBox { x: 0.0, y: 0.0, width: side, height: side };
        let (y, x) = degrees.to_radians().sin_cos();
        SeenFace {
            face: Face { bounding_box, landmarks, score: 0.9 },
            embeddings: vec![Embedding::from_raw(vec![x, y]).unwrap()],
        }
    }

    fn photo(faces: &[SeenFace]) -> Photo {
        Photo { sha256: String::new(), width: 200, height: 200, faces: faces.to_vec() }
    }

    /// For each photo, the angle of the face chosen or the reason.
    fn chosen(photos: &[Photo]) -> (Vec<Result<i32, &'static str>>, Option<&'static str>) {
        let photos: Vec<&Photo> = photos.iter().collect();
        let Chosen { faces, doubt } = choose(&photos);
        let angle = |seen: &SeenFace| {
            let unit = seen.embeddings[0].unit();
            unit[1].atan2(unit[0]).to_degrees().round() as i32
        };
        (faces.into_iter().map(|face| face.map(angle)).collect(), doubt)
    }

    #[test]
    fn what_most_pictures_agree_on_is_the_person() {
        let [first, second] = [0.0, 10.0].map(|degrees| photo(&[face(degrees, 100.0)]));
        let with_bob = photo(&[face(90.0, 150.0), face(5.0, 60.0)]);
        let bob = photo(&[face(90.0, 100.0)]);
        let far = photo(&[face(0.0, 10.0)]);
        let (faces, doubt) = chosen(&[bob, first, with_bob, far, second]);
        assert_eq!(faces, [Err(UNLIKE), Ok(0), Ok(5), Err(TOO_POOR), Ok(10)]);
        assert_eq!(doubt, None);
    }

    #[test]
    fn another_look_takes_two_pictures_and_some_likeness() {
        let with = |others: &[f32]| {
            let degrees = [0.0, 1.0, 2.0].iter().chain(others);
            chosen(&degrees.map(|&degrees| photo(&[face(degrees, 100.0)])).collect::<Vec<_>>())
        };
        assert_eq!(with(&[70.0, 71.0]).0[3..], [Ok(70), Ok(71)]);
        assert_eq!(with(&[70.0]), (vec![Ok(0), Ok(1), Ok(2), Err(UNLIKE)], None));
        let (faces, doubt) = with(&[100.0, 101.0]);
        assert_eq!(faces[3..], [Err(UNLIKE), Err(UNLIKE)]);
        assert_eq!(doubt, Some("several pictures show somebody else"));
    }

    #[test]
    fn two_people_who_are_always_together_are_nobody() {
        let both = || photo(&[face(0.0, 100.0), face(90.0, 90.0)]);
        let (faces, doubt) = chosen(&[both(), both()]);
        assert_eq!(faces, [Err(AMBIGUOUS), Err(AMBIGUOUS)]);
        assert_eq!(doubt, Some(AMBIGUOUS));
        // One picture alone says who by size, and a person should look at it.
        let (faces, doubt) = chosen(&[photo(&[face(0.0, 200.0), face(90.0, 90.0)])]);
        assert_eq!((faces, doubt), (vec![Ok(0)], Some(AMBIGUOUS)));
        // Two pictures of two people: the upstream's best one counts.
        let (faces, doubt) = chosen(&[photo(&[face(0.0, 100.0)]), photo(&[face(90.0, 100.0)])]);
        assert_eq!(faces, [Ok(0), Err(UNLIKE)]);
        assert_eq!(doubt, Some("each picture shows somebody else"));
        assert!(chosen(&[]).0.is_empty());
    }
}
