//! How many connections others may make: from one place, by strangers, by one partner.
//!
//! Counts in ticks and reads no clock. What it refuses costs the others nothing: each bound is
//! per place or per peer below a bound for all.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Connections from one place that are being set up at the same time.
const MAX_PENDING: usize = 16;
/// Strangers that are connected at the same time, and that may come in a minute.
const MAX_STRANGERS: usize = 4;
const STRANGERS_A_MINUTE: usize = 20;
/// Connections that a partner may make at once; two come free every second.
const BURST: u32 = 60;
const FREED_A_SECOND: u32 = 2;
/// Ticks in a second and in a minute.
const SECOND: u64 = 10;
const MINUTE: u64 = 60 * SECOND;

/// Where a connection comes from: an IPv4 address, or the network of an IPv6 address, of which
/// one subscriber has all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place([u8; 8]);

impl From<IpAddr> for Place {
    fn from(address: IpAddr) -> Self {
        let mut place = [0; 8];
        match address {
            IpAddr::V4(address) => place[4..].copy_from_slice(&address.octets()),
            IpAddr::V6(address) => place.copy_from_slice(&address.octets()[..8]),
        }
        Self(place)
    }
}

/// Who is coming in: `P` names a peer, `C` a connection.
pub struct Guests<P, C> {
    pending: BTreeMap<C, Place>,
    strangers: BTreeMap<C, Arc<Semaphore>>,
    strangers_this_minute: usize,
    strangers_welcome: bool,
    /// Strangers that were partners, and may come while nobody else may.
    known: BTreeSet<P>,
    arrivals: BTreeMap<P, u32>,
}

impl<P, C> Default for Guests<P, C> {
    fn default() -> Self {
        Self {
            pending: BTreeMap::new(),
            strangers: BTreeMap::new(),
            strangers_this_minute: 0,
            strangers_welcome: false,
            known: BTreeSet::new(),
            arrivals: BTreeMap::new(),
        }
    }
}

impl<P: Ord + Copy, C: Ord + Copy> Guests<P, C> {
    /// Whether strangers may come, and which of them in any case.
    pub fn welcome_strangers(&mut self, welcome: bool, known: BTreeSet<P>) {
        (self.strangers_welcome, self.known) = (welcome, known);
    }

    /// Somebody begins to connect; whether it may.
    pub fn knock(&mut self, connection: C, place: Place) -> bool {
        let room = self.pending.values().filter(|other| **other == place).count() < MAX_PENDING;
        if room {
            self.pending.insert(connection, place);
        }
        room
    }

    /// A partner has connected; whether it may stay.
    pub fn partner(&mut self, connection: C, peer: P) -> bool {
        self.pending.remove(&connection);
        let arrivals = self.arrivals.entry(peer).or_default();
        *arrivals += 1;
        *arrivals <= BURST || {
            *arrivals = BURST;
            false
        }
    }

    /// A stranger has connected; whether it may stay.
    pub fn stranger(&mut self, connection: C, peer: P) -> bool {
        self.pending.remove(&connection);
        let room = self.strangers.len() < MAX_STRANGERS && self.strangers_this_minute < STRANGERS_A_MINUTE;
        let stays = room && (self.strangers_welcome || self.known.contains(&peer));
        if stays {
            self.strangers_this_minute += 1;
            self.strangers.insert(connection, Arc::new(Semaphore::new(1)));
        }
        stays
    }

    /// The places for requests of a stranger.
    pub fn places(&self, connection: C) -> Option<&Arc<Semaphore>> {
        self.strangers.get(&connection)
    }

    /// A connection is gone, or never came to be.
    pub fn gone(&mut self, connection: C) {
        self.pending.remove(&connection);
        self.strangers.remove(&connection);
    }

    /// Time passes.
    pub fn tick(&mut self, tick: u64) {
        if tick.is_multiple_of(MINUTE) {
            self.strangers_this_minute = 0;
        }
        if tick.is_multiple_of(SECOND) {
            self.arrivals.retain(|_, arrivals| {
                *arrivals = arrivals.saturating_sub(FREED_A_SECOND);
                *arrivals > 0
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Inn = Guests<char, u32>;

    fn place(address: &str) -> Place {
        Place::from(address.parse::<IpAddr>().expect("an address"))
    }

    #[test]
    fn one_place_does_not_take_the_room_of_another() {
        let mut guests = Inn::default();
        let (here, there) = (place("192.0.2.1"), place("192.0.2.2"));
        let let_in = (0..100).filter(|number| guests.knock(*number, here)).count();
        assert_eq!(let_in, MAX_PENDING);
        assert!(guests.knock(200, there));
        assert!(!guests.knock(201, here));
        guests.gone(0);
        assert!(guests.knock(201, here));
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
    }

    #[test]
    fn a_partner_that_connects_again_and_again_waits() {
        let mut guests = Inn::default();
        let stayed = (0..200).filter(|number| guests.partner(*number, 'a')).count();
        assert_eq!(stayed, BURST as usize);
        assert!(guests.partner(300, 'b'), "another is not held up");
        guests.tick(SECOND);
        let again = (400..500).filter(|number| guests.partner(*number, 'a')).count();
        assert_eq!(again, FREED_A_SECOND as usize);
        (0..=MINUTE).for_each(|tick| guests.tick(tick));
        assert!(guests.arrivals.is_empty(), "nobody is remembered for ever");
    }

    #[test]
    fn strangers_come_few_at_a_time_and_only_when_welcome() {
        let mut guests = Inn::default();
        assert!(!guests.stranger(0, 'a'));
        guests.welcome_strangers(false, BTreeSet::from(['b']));
        assert!(!guests.stranger(0, 'a') && guests.stranger(0, 'b'), "one that was a partner");
        guests.gone(0);
        guests.tick(MINUTE);
        guests.welcome_strangers(true, BTreeSet::new());
        assert_eq!((1..10).filter(|number| guests.stranger(*number, 'a')).count(), MAX_STRANGERS);
        assert!(guests.places(1).is_some() && guests.places(9).is_none());
        let mut came = MAX_STRANGERS;
        for number in 10..100 {
            (1..number).for_each(|gone| guests.gone(gone));
            came += usize::from(guests.stranger(number, 'a'));
        }
        assert_eq!(came, STRANGERS_A_MINUTE);
        guests.tick(MINUTE);
        assert!(guests.stranger(100, 'a'));
    }
}
