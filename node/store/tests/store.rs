//! The store as such: who may open it, what it keeps when something goes wrong, and what its
//! files show to somebody without the key.

use std::path::Path;

use casework::Error;
use casework::people::{PersonData, PersonId, Side};
use casework::ports::Storage;
use schemas::time::{Date, Timestamp};
use store::testing::TEST_KEY;
use store::{OpenError, Store};

const NOW: Timestamp = Timestamp(1_790_000_000);

fn somebody(name: &str) -> PersonData {
    let mut data = PersonData::new(Side::Newcomer, Date::new(2026, 10, 1).expect("a day"));
    data.given_name = name.to_owned();
    data
}

fn add(store: &Store, name: &str) -> Result<(), Error> {
    let data = somebody(name);
    store.write(Box::new(move |records| records.insert_person(&data, false, "An", NOW).map(|_| ())))
}

fn names(store: &Store) -> Vec<String> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    let read = move |records: &mut dyn casework::ports::Records| {
        let names = records.people(Side::Newcomer)?.into_iter().map(|person| person.data.given_name).collect();
        sender.send(names).expect("a receiver");
        Ok(())
    };
    store.read(Box::new(read)).expect("a snapshot");
    receiver.recv().expect("names")
}

fn everything_in(folder: &Path) -> Vec<u8> {
    std::fs::read_dir(folder)
        .expect("the folder")
        .flat_map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a file"))
        .collect()
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[test]
fn what_is_written_is_there_after_opening_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    add(&Store::open(&path, &TEST_KEY).expect("a new store"), "Rania").expect("a person");
    assert_eq!(names(&Store::open(&path, &TEST_KEY).expect("the store")), ["Rania"]);
}

#[test]
fn another_key_does_not_open_it_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    add(&Store::open(&path, &TEST_KEY).expect("a new store"), "Rania").expect("a person");
    let other = Store::open(&path, &[8; 32]).expect_err("another key");
    assert!(matches!(other, OpenError::WrongKey), "{other}");
    assert_eq!(names(&Store::open(&path, &TEST_KEY).expect("the store")), ["Rania"]);
}

#[test]
fn a_file_that_is_no_store_is_said_to_be_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    std::fs::write(&path, vec![65; 8192]).expect("a file");
    assert!(matches!(Store::open(&path, &TEST_KEY), Err(OpenError::WrongKey)));
}

#[test]
fn one_process_holds_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = Store::open(&path, &TEST_KEY).expect("a new store");
    let second = Store::open(&path, &TEST_KEY).expect_err("a second holder");
    assert_eq!(second.to_string(), "the store is held by another process");
    drop(store);
    Store::open(&path, &TEST_KEY).expect("the lock is gone with its holder");
}

#[test]
fn a_later_release_is_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    store::testing::make_newer(&path, 9_999);
    assert!(matches!(Store::open(&path, &TEST_KEY), Err(OpenError::Newer(9_999))));
}

#[test]
fn an_error_rolls_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.db"), &TEST_KEY).expect("a new store");
    let refused = store.write(Box::new(|records| {
        records.insert_person(&somebody("Rania"), false, "An", NOW)?;
        Err(Error::Refused("no"))
    }));
    assert!(matches!(refused, Err(Error::Refused("no"))));
    assert!(names(&store).is_empty());
}

#[test]
fn a_panic_rolls_back_and_the_writer_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.db"), &TEST_KEY).expect("a new store");
    let panicked = store.write(Box::new(|records| {
        records.insert_person(&somebody("Rania"), false, "An", NOW)?;
        panic!("in the work");
    }));
    assert!(matches!(panicked, Err(Error::Store(code)) if code == "panicked"));
    add(&store, "Sami").expect("the next piece of work");
    assert_eq!(names(&store), ["Sami"]);
}

#[test]
fn work_inside_work_is_refused_and_does_not_hang() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.db"), &TEST_KEY).expect("a new store");
    let inner = store.clone();
    let outcome = store.write(Box::new(move |_| add(&inner, "Rania")));
    assert!(matches!(outcome, Err(Error::Store(code)) if code == "nested-work"));
}

#[test]
fn a_reader_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.db"), &TEST_KEY).expect("a new store");
    let outcome = store.read(Box::new(|records| records.delete_person(PersonId(1))));
    assert!(matches!(outcome, Err(Error::Store(code)) if code == "read-only"));
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = Store::open(&path, &TEST_KEY).expect("a new store");
    add(&store, "Rania").expect("room for one");
    store.limit_pages(1).expect("a limit");
    let long = "x".repeat(1 << 20);
    let full = add(&store, &long).expect_err("no room");
    assert!(matches!(&full, Error::Store(code) if code == "disk-full"), "{full}");
    assert_eq!(names(&store), ["Rania"]);
    store.limit_pages(1 << 30).expect("room again");
    add(&store, &long).expect("the same once there is room");
    drop(store);
    assert_eq!(names(&Store::open(&path, &TEST_KEY).expect("the store")).len(), 2);
}

#[test]
fn the_files_show_no_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.db"), &TEST_KEY).expect("a new store");
    let canary = "Kanarieke-van-den-Bosch";
    for _ in 0..50 {
        add(&store, canary).expect("a person");
    }
    // Both the log and the database itself.
    assert!(!holds(&everything_in(folder.path()), canary));
    store.forget_traces().expect("a checkpoint");
    drop(store);
    let bytes = everything_in(folder.path());
    assert!(bytes.len() > 8192);
    assert!(!holds(&bytes, canary));
    assert!(!holds(&bytes, "SQLite format 3"));
}

#[test]
fn what_is_deleted_is_overwritten_under_the_encryption_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store::testing::plain_store(&folder.path().join("store.db"));
    let canary = "Kanarieke-van-den-Bosch";
    add(&store, canary).expect("a person");
    store.forget_traces().expect("a checkpoint");
    assert!(holds(&everything_in(folder.path()), canary), "without encryption the test sees what is there");
    store.write(Box::new(|records| records.delete_person(PersonId(1)))).expect("a deletion");
    store.forget_traces().expect("a checkpoint");
    assert!(!holds(&everything_in(folder.path()), canary));
    let log = std::fs::metadata(folder.path().join("store.db-wal")).map(|file| file.len()).unwrap_or(0);
    assert_eq!(log, 0, "the log is empty");
}

#[test]
fn many_hands_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.db"), &TEST_KEY).expect("a new store");
    std::thread::scope(|scope| {
        for hand in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..25 {
                    add(store, &format!("{hand}-{number}")).expect("a person");
                    assert!(!names(store).is_empty());
                }
            });
        }
    });
    assert_eq!(names(&store).len(), 200);
}
