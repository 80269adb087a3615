//! A small map of neighbouring municipalities, drawn from their coordinates: no tiles, no request
//! to anybody. The text beside it says the same.

use casework::search_view::MapPlace;

/// A place on the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) x: i64,
    pub(crate) y: i64,
    /// Where its name stands.
    pub(crate) text_y: i64,
    /// Side of the name.
    pub(crate) anchor: &'static str,
    pub(crate) text_x: i64,
    pub(crate) name: String,
    pub(crate) mentors: usize,
    pub(crate) here: bool,
    pub(crate) radius: i64,
}

/// Width of the drawing in its own units.
pub(crate) const WIDTH: i64 = 320;
/// Height.
pub(crate) const HEIGHT: i64 = 240;
const MARGIN: i64 = 48;
/// Thousandths of a degree of latitude per degree of longitude at 51° north.
const COSINE: i64 = 629;

/// Lays the places out; nothing when there is none.
pub(crate) fn spots(places: &[MapPlace]) -> Vec<Spot> {
    let Some(first) = places.first() else { return Vec::new() };
    let east = |place: &MapPlace| place.longitude * COSINE / 1000;
    let fold = |pick: fn(i64, i64) -> i64, of: &dyn Fn(&MapPlace) -> i64| places.iter().map(of).fold(of(first), pick);
    let (west, right) = (fold(i64::min, &east), fold(i64::max, &east));
    let north = |place: &MapPlace| place.latitude;
    let (south, top) = (fold(i64::min, &north), fold(i64::max, &north));
    // A single place stands in the middle of some kilometres.
    let span_x = (right - west).max(40_000);
    let span_y = (top - south).max(30_000);
    let (room_x, room_y) = (WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN);
    let scale = |offset: i64| {
        // The same scale both ways: the one that fits.
        if span_x * room_y > span_y * room_x { offset * room_x / span_x } else { offset * room_y / span_y }
    };
    let middle_x = (west + right) / 2;
    let middle_y = (south + top) / 2;
    let mut spots: Vec<Spot> = places
        .iter()
        .map(|place| {
            let x = WIDTH / 2 + scale(east(place) - middle_x);
            let y = HEIGHT / 2 - scale(place.latitude - middle_y);
            let radius = 5 + i64::try_from(place.mentors.min(10)).unwrap_or(0);
            let (anchor, text_x) = if x > WIDTH * 2 / 3 { ("end", x - radius - 4) } else { ("start", x + radius + 4) };
            let name = place.name.clone();
            Spot { x, y, text_y: y + 4, anchor, text_x, name, mentors: place.mentors, here: place.here, radius }
        })
        .collect();
    // Names that would stand on each other move apart.
    spots.sort_by_key(|spot| spot.text_y);
    for at in 1..spots.len() {
        let above = spots[at - 1].text_y;
        if spots[at].text_y - above < 13 {
            spots[at].text_y = above + 13;
        }
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str, latitude: i64, longitude: i64) -> MapPlace {
        let refnis = "11001".parse().expect("in the table");
        MapPlace { refnis, name: name.to_owned(), latitude, longitude, mentors: 2, here: false }
    }

    #[test]
    fn north_is_up_and_everything_is_inside() {
        let all = spots(&[place("Zuid", 51_100_000, 4_380_000), place("Noord", 51_190_000, 4_480_000)]);
        assert_eq!(all.iter().map(|spot| spot.name.as_str()).collect::<Vec<_>>(), ["Noord", "Zuid"]);
        for spot in &all {
            assert!((0..=WIDTH).contains(&spot.x) && (0..=HEIGHT).contains(&spot.y), "{spot:?}");
        }
        assert!(all[0].x > all[1].x);
    }

    #[test]
    fn one_place_stands_in_the_middle() {
        let all = spots(&[place("Hier", 51_100_000, 4_380_000)]);
        assert_eq!((all[0].x, all[0].y), (WIDTH / 2, HEIGHT / 2));
        assert!(spots(&[]).is_empty());
    }
}
