//! The first stores of a process, opened in the same moment. One test, so that nothing came before.

use std::sync::Barrier;

use store::Store;

#[test]
fn the_first_stores_of_a_process_open_side_by_side() {
    const STORES: u8 = 8;
    let folder = tempfile::tempdir().expect("a folder");
    let together = Barrier::new(STORES.into());
    std::thread::scope(|scope| {
        for number in 0..STORES {
            let (path, together) = (folder.path().join(format!("{number}.db")), &together);
            scope.spawn(move || {
                together.wait();
                Store::open(&path, &[number; 32]).map(drop).expect("a store");
            });
        }
    });
}
