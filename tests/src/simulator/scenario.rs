//! What a seed stands for, and the bugs that can be planted to see that the judge finds them.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::hostile::Attack;

/// A bug planted to see that the judge finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// None.
    Nothing,
    /// Stores keep what they are told to delete.
    KeepsDeleted,
    /// Rounds of the check get lost.
    NoCheck,
    /// Node 0 takes in whatever the hostile node sends as if its policy were switched off.
    NoPolicy,
    /// A form is submitted against the newest heads and not those it was rendered from, as if
    /// whole texts were replaced.
    ReplacesText,
    /// A store that was put back from a backup goes on in the incarnation it had.
    SameIncarnation,
    /// A store that was put back goes on at once, before the partners brought what they kept.
    WaitsForNobody,
    /// What a retired key signed stays where it is.
    TakesRetiredKeys,
    /// Whoever says yes does not count the places.
    CountsNoPlaces,
    /// A node hands an envelope to somebody whom the list of its owner does not name.
    TellsEveryone,
    /// Node 0 takes in whatever this attack sends, as if the defence against it were gone.
    Lets(Attack),
    /// What a node asked to be stored is lost when its process ends right after.
    ForgetsLastStore,
    /// A store that was put back erases once more what it erased when it goes on, and not when
    /// somebody brings it back later.
    ErasesOnce,
    /// Once one partner went on without a municipality that merged, the others are never found to
    /// hold the same as that one.
    OnlyTheFirstParts,
    /// Whoever is resumed stays cut off in the pages of who suspended it.
    NeverResumes,
    /// Whoever is suspended or left is not cut off, and it is said to be done.
    NeverCuts,
}

/// Who is within reach of whom once everything works again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everybody of everybody.
    Mesh,
    /// Each of its neighbours in a row: A – B – C.
    Row,
    /// A ring with some chords: each has about four neighbours.
    Sparse,
}

/// What a seed stands for.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The seed.
    pub seed: u64,
    /// Municipalities, the last of them hostile.
    pub nodes: usize,
    /// Actions before the healing.
    pub actions: u32,
    /// Whether frames are lost, doubled and reordered one by one. Otherwise a stream keeps its
    /// order and breaks as a whole.
    pub datagrams: bool,
    /// Who reaches whom after healing.
    pub reach: Reach,
    /// Of a thousand effects or frames, how many are followed by a crash or a loss.
    pub trouble: u32,
    /// Whether stores are put back from old backups.
    pub backups: bool,
    /// Whether members join and leave the circle.
    pub members: bool,
    /// Whether clocks go wrong, by hours or by ten years.
    pub clocks: bool,
    /// Whether lists travel, and are not known to everybody from the start.
    pub lists: bool,
    /// Whether offices match across the border. Stores that are put back have lost promises: where
    /// there are any, they wait.
    pub offices: bool,
    /// Whether the certificate of the last node ends after a day.
    pub short: bool,
    /// Whether municipalities take other keys, and somebody has those before.
    pub keys: bool,
    /// Whether a municipality merges into another. Stores are not put back then.
    pub mergers: bool,
    /// Whether partners are suspended, resumed and left. Stores are not put back then.
    pub partings: bool,
    /// Whether a store that was put back says nothing before the partners brought what they kept.
    pub waits: bool,
    /// Whether such a store goes on without a partner, which is suspended and brings later what it
    /// kept, or never.
    pub absences: bool,
    /// Whether the last node misbehaves.
    pub hostile: bool,
    /// Ends a process right before the effect of this number.
    pub crash_at: Option<u64>,
}

impl Scenario {
    /// The scenario of `seed`.
    pub fn of(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let nodes = match rng.random_range(0..200) {
            0 => rng.random_range(24..=51),
            1..=5 => rng.random_range(9..=16),
            _ => rng.random_range(4..=7),
        };
        let reach = match rng.random_range(0..4) {
            0 => Reach::Row,
            1 if nodes > 4 => Reach::Sparse,
            _ if nodes > 16 => Reach::Sparse,
            _ => Reach::Mesh,
        };
        let backups = rng.random_bool(0.25);
        let mut scenario = Self {
            seed,
            nodes,
            actions: if nodes > 16 { rng.random_range(10..=20) } else { rng.random_range(20..=50) },
            datagrams: rng.random_bool(0.25),
            reach,
            trouble: rng.random_range(0..=20),
            backups,
            members: rng.random_bool(0.25),
            clocks: rng.random_bool(0.25),
            lists: nodes <= 16 && rng.random_bool(0.2),
            offices: !backups && nodes <= 16 && rng.random_bool(0.4),
            short: rng.random_bool(0.1),
            keys: false,
            mergers: false,
            partings: false,
            waits: false,
            absences: false,
            hostile: true,
            crash_at: None,
        };
        scenario.keys = rng.random_bool(0.2);
        scenario.waits = backups && rng.random_bool(0.6);
        scenario.offices |= scenario.waits && nodes <= 16 && rng.random_bool(0.7);
        let meets = !backups && nodes <= 16 && reach == Reach::Mesh;
        scenario.mergers = meets && rng.random_bool(0.25);
        scenario.partings = meets && rng.random_bool(0.25);
        scenario.mergers |= !backups && nodes <= 16 && !meets && rng.random_bool(0.25);
        scenario.absences = scenario.waits && nodes <= 16 && reach == Reach::Mesh && rng.random_bool(0.6);
        scenario
    }

    /// A small quiet scenario in which nothing goes wrong by chance.
    pub fn quiet(seed: u64, nodes: usize, actions: u32) -> Self {
        Self {
            nodes,
            actions,
            datagrams: false,
            reach: Reach::Mesh,
            trouble: 0,
            backups: false,
            members: false,
            clocks: false,
            lists: false,
            offices: false,
            short: false,
            keys: false,
            mergers: false,
            partings: false,
            waits: false,
            absences: false,
            hostile: false,
            ..Self::of(seed)
        }
    }

    /// Whether two nodes reach each other after healing.
    pub fn reaches(&self, a: usize, b: usize) -> bool {
        let (low, high) = (a.min(b), a.max(b));
        let honest = self.nodes - 1;
        if low == high || high >= honest {
            return false;
        }
        match self.reach {
            Reach::Mesh => true,
            Reach::Row => high == low + 1,
            Reach::Sparse => {
                let ring = high == low + 1 || low == 0 && high + 1 == honest;
                ring || honest > 4 && (high - low) == honest / 3
            }
        }
    }

    /// Over how many neighbours news has to go, at most.
    pub fn distance(&self) -> usize {
        let honest = self.nodes - 1;
        match self.reach {
            Reach::Mesh => 1,
            Reach::Row => honest,
            Reach::Sparse if self.mergers => honest,
            Reach::Sparse => 2 + honest / 4,
        }
    }
}
