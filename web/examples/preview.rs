//! Serves the pages of two municipalities with the people of the BAM lists on loopback, for
//! looking at them: `cargo run --release -p web --example preview`.

use casework::office::AccountRole;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

#[path = "../tests/scene/mod.rs"]
mod scene;

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut towns = scene::play();
    // As after the first minute: each has the other's card and rules.
    for _ in 0..2 {
        for town in &towns {
            town.office().publish_own_cards()?;
        }
        scene::towns::converge(&mut towns);
    }
    let mut servers = Vec::new();
    for (town, (name, port)) in towns.iter().zip([("Borsbeek", 8191), ("Aartselaar", 8192)]) {
        let office = town.office().clone();
        let els = office.create_account("Els", AccountRole::Coordinator)?;
        let lid = office.create_account("Lid", AccountRole::Member)?;
        println!("{name}: http://127.0.0.1:{port}/uitnodiging/{}", office.sign_in_link(els)?);
        println!("{name}, lid: http://127.0.0.1:{port}/uitnodiging/{}", office.sign_in_link(lid)?);
        let (changes, _) = broadcast::channel(64);
        let config = web::Config { municipality: name.to_owned(), secure_cookies: false, demo: true };
        let router = web::router(office, changes, config);
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        servers.push(tokio::spawn(async move { axum::serve(listener, router).await }));
    }
    // What is done on one page reaches the other town.
    let mut beat = tokio::time::interval(std::time::Duration::from_millis(500));
    loop {
        beat.tick().await;
        if servers.iter().any(tokio::task::JoinHandle::is_finished) {
            return Err("a town stopped".into());
        }
        scene::towns::converge(&mut towns);
    }
}
