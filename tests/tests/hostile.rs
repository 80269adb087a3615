//! Every thing a hostile partner does, alone: it is refused for the right reason, leaves nothing,
//! keeps nobody else from being served, and costs memory within a bound.
//!
//! `cargo test --release -p tests --test hostile -- --nocapture --test-threads 1` prints the peaks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use peak_alloc::PeakAlloc;
use schemas::Refusal;
use tests::simulator::{Attack, Meter, Plant, strike};

#[global_allocator]
static COUNTED: PeakAlloc = PeakAlloc;

/// Bytes in use when a measurement began.
struct Count(AtomicUsize);

static COUNT: Count = Count(AtomicUsize::new(0));

impl Meter for Count {
    fn start(&self) {
        COUNTED.reset_peak_usage();
        self.0.store(COUNTED.current_usage(), Ordering::SeqCst);
    }
    fn peak_kib(&self) -> u64 {
        (COUNTED.peak_usage().saturating_sub(self.0.load(Ordering::SeqCst)) / 1024) as u64
    }
}

/// Peaks are of the whole process: one attack at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// KiB that an attack may cost, what is on its way included.
const MOST_KIB: u64 = 64 * 1024;

fn struck(attack: Attack, reasons: &[Refusal]) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let outcome = strike(attack, Plant::Nothing, &COUNT);
    println!(
        "{attack:?}: refused {:?}, {} rounds answered, peak {} KiB",
        outcome.refused, outcome.rounds, outcome.peak_kib
    );
    assert!(outcome.faults.is_empty(), "{:#?}", outcome.faults);
    assert!(outcome.served, "others were not served meanwhile");
    for reason in reasons {
        assert!(outcome.refused.contains_key(reason), "not refused as {reason}: {:?}", outcome.refused);
    }
    if attack == Attack::FakeIds {
        assert!(outcome.rounds > 50, "{} rounds", outcome.rounds);
    }
    assert!(outcome.peak_kib < MOST_KIB, "{} KiB", outcome.peak_kib);
}

macro_rules! attacks {
    ($(fn $name:ident() = $attack:ident => $reasons:expr;)*) => {
        $(#[test]
        fn $name() {
            struck(Attack::$attack, &$reasons);
        })*

        #[test]
        fn every_attack_has_its_test() {
            assert_eq!([$(Attack::$attack),*], Attack::ALL);
        }
    };
}

attacks! {
    fn a_forged_author() = ForgedAuthor => [Refusal::Forged];
    fn the_actor_of_another() = AnothersActor => [Refusal::UnsafeBody];
    fn an_envelope_moved_elsewhere() = Moved => [Refusal::Forged];
    fn a_version_for_another() = ForAnother => [Refusal::NotAllowed];
    fn circles_it_is_not_in() = Elsewhere => [Refusal::NotInCircle];
    fn two_bodies_under_one_version() = TwoBodies => [];
    fn a_second_body_an_hour_later() = TwoBodiesLate => [];
    fn two_changes_in_one_place() = TwoChanges => [];
    fn a_second_change_after_others_built_on_the_first() = TwoChangesLate => [];
    fn a_replay_after_erasure() = Replay => [Refusal::Superseded];
    fn erasing_for_another() = Erasure => [Refusal::NotAllowed];
    fn bytes_that_break_automerge() = Bombs => [Refusal::UnsafeBody];
    fn bytes_that_mean_nothing() = Noise => [];
    fn an_id_that_is_taken() = TakenId => [];
    fn a_date_before_its_certificate() = BackDated => [Refusal::CertificateExpired];
    fn a_certificate_that_has_ended() = ExpiredCertificate => [];
    fn ten_thousand_orphans() = Orphans => [];
    fn a_million_ids_of_nothing() = FakeIds => [];
}

/// With the defence gone, each of these is found out.
#[test]
fn a_defence_that_is_gone_is_missed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for attack in [
        Attack::ForgedAuthor,
        Attack::AnothersActor,
        Attack::Moved,
        Attack::ForAnother,
        Attack::Elsewhere,
        Attack::Replay,
        Attack::Erasure,
        Attack::Bombs,
        Attack::BackDated,
        Attack::ExpiredCertificate,
    ] {
        let outcome = strike(attack, Plant::Lets(attack), &COUNT);
        assert!(!outcome.faults.is_empty(), "{attack:?} was let in and nobody saw it");
    }
}
