//! One attack on a small quiet circle: what is refused, what it costs, and whether the others are
//! served meanwhile.

use std::collections::BTreeMap;

use schemas::Refusal;

use super::hostile::Attack;
use super::judge::judge;
use super::scenario::{Plant, Scenario};
use super::world::World;

/// Counts memory; a program counts all of its own, or none.
pub trait Meter: Sync {
    /// Forgets the highest mark so far.
    fn start(&self);
    /// KiB in use at the highest since the start, above what was in use then.
    fn peak_kib(&self) -> u64;
}

/// What came of an attack.
#[derive(Debug)]
pub struct Struck {
    /// What does not hold afterwards, in words.
    pub faults: Vec<String>,
    /// What the victim refused from the hostile node, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    /// Whether the victim took in meanwhile what another partner wrote.
    pub served: bool,
    /// KiB at the highest, above what was in use before; what is on its way counts with it.
    pub peak_kib: u64,
    /// Rounds of reconciliation that the attack had answered.
    pub rounds: usize,
}

/// Lets a hostile node do this to node 0 of a circle of four.
///
/// # Panics
/// When no circle can be made in which node 0 begins the checks with the hostile node.
pub fn strike(attack: Attack, plant: Plant, meter: &'static dyn Meter) -> Struck {
    let short = attack == Attack::ExpiredCertificate;
    let scenario = |seed| Scenario { hostile: true, short, ..Scenario::quiet(seed, 4, 0) };
    let worlds = (11..99).map(|seed| World::new(scenario(seed), plant));
    let begins = |world: &World| world.nodes[0].root < world.nodes[world.hostile()].root;
    let mut world = worlds.into_iter().find(begins).expect("an order that fits");
    world.meter = Some(meter);
    world.run_for(2_000);
    for node in [0, 1, 2] {
        world.publish_new(node);
        world.open(node);
        for _ in 0..4 {
            world.do_something(node);
            world.run_for(500);
        }
    }
    let (victim, hostile) = (0, world.hostile());
    if attack == Attack::Replay {
        for node in [1, 2] {
            world.erase(node);
        }
        world.run_for(1_000);
    }
    if short {
        world.run_for(2 * 86_400_000);
    }
    world.attacking = Some(attack);
    meter.start();
    world.attack(attack, victim);
    for _ in 0..3 {
        world.publish_new(1);
    }
    for node in [0, 2] {
        world.submit(node);
    }
    world.run_for(10_000);
    let served = world.holds_what_it_wrote(victim, 1);
    // An hour: the second half of what comes in two has come.
    world.run_for(3_700_000);
    let peak_kib = world.peak_kib.unwrap_or_else(|| meter.peak_kib());
    world.attacking = None;
    let partner = world.nodes[hostile].root;
    let state = world.nodes[victim].replica.as_ref().and_then(|replica| replica.partner_state(partner));
    world.heal();
    Struck {
        faults: judge(&world).faults,
        refused: state.unwrap_or_default().refused,
        served,
        peak_kib,
        rounds: world.answered,
    }
}

/// Puts the store of node 0 back as it was before its last word was heard by the others, and has
/// it speak again before it meets anybody. What does not hold afterwards, in words.
pub fn put_back(seed: u64, plant: Plant) -> Vec<String> {
    let mut world = World::new(Scenario::quiet(seed, 4, 0), plant);
    world.run_for(1_000);
    world.publish_new(0);
    world.back_up(0);
    world.run_for(1_000);
    world.publish_again(0);
    world.run_for(1_000);
    world.crash(0);
    world.restart(0, true);
    // What is stored is built again first.
    world.run_for(30);
    world.publish_again(0);
    world.heal();
    judge(&world).faults
}

impl World {
    /// Whether a node holds every document that another wrote in the circle of all.
    fn holds_what_it_wrote(&self, node: usize, writer: usize) -> bool {
        let author = self.nodes[writer].identity.node();
        let wrote = self.nodes[writer].store.envelopes.values().filter(|envelope| {
            let header = &envelope.get().header;
            header.author == author && header.circle == self.circles[0]
        });
        wrote.clone().count() > 0
            && wrote.into_iter().all(|one| self.nodes[node].store.envelopes.contains_key(&one.get().id()))
    }
}
