//! What is done to the stream itself and to the machine below it.

use std::net::SocketAddr;

use futures::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::scene::{HOSTILE, Scene, until};

fn long() -> bool {
    std::env::var_os("OVERBUUR_LONG").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_four_gigabytes_is_not_believed_and_repetition_holds_the_partner_back() {
    let scene = Scene::set().await;
    let before = scene.watch_memory();
    let mut claims = 0;
    // Once in a second counts, and the third slows it down.
    let seen = until("it is held back", async || {
        let (mut stream, _network) = scene.raw().await;
        stream.write_all(&[0xff; 4]).await.expect("the stream is open");
        stream.flush().await.expect("the stream is open");
        claims += 1;
        let mut rest = Vec::new();
        // The other side hangs up.
        let _ = stream.read_to_end(&mut rest).await;
        Some(scene.victim.sees(HOSTILE).await).filter(|row| row["held_back"].is_object())
    })
    .await;
    assert_eq!(seen["held_back"]["because"], "a frame over the limit");
    scene.honest_is_served("after frames of four gigabytes").await;
    scene.memory_is_flat(&format!("{claims} claims of four gigabytes"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_drips_and_streams_that_say_nothing_hold_nobody_up() {
    let scene = Scene::set().await;
    let before = scene.watch_memory();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(scene.raw().await);
        scene.honest_is_served("with a silent stream").await;
    }
    drop(silent);
    let (mut stream, _network) = scene.raw().await;
    stream.write_all(&[0, 7, 0, 0]).await.expect("the stream is open");
    for _ in 0..10 {
        stream.write_all(&[1]).await.expect("the stream is open");
        stream.flush().await.expect("the stream is open");
        scene.honest_is_served("with a frame that drips").await;
    }
    if long() {
        // It is given up after a minute.
        until("the drip is given up", async || {
            let row = scene.victim.sees(HOSTILE).await;
            (row["not_connected_because"] == "a frame that does not end").then_some(())
        })
        .await;
    }
    scene.memory_is_flat("silent streams and a drip", before);
}

/// Connections that were taken up, kept open.
async fn connections(from: &str, to: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..count {
        let socket = TcpSocket::new_v4().expect("a socket; is the limit on open files that low?");
        socket.bind(SocketAddr::new(from.parse().expect("an address"), 0)).expect("an address of the loopback");
        // A full backlog refuses or waits: what is not taken up at once is not held open.
        let taken = tokio::time::timeout(std::time::Duration::from_secs(1), socket.connect(to)).await;
        open.extend(taken.ok().and_then(Result::ok));
    }
    open
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_connections_leave_room_for_the_others() {
    let scene = Scene::set().await;
    let port: u16 = scene.victim.address.rsplit('/').next().and_then(|port| port.parse().ok()).expect("a port");
    let to = SocketAddr::from(([127, 0, 0, 1], port));
    let before = scene.watch_memory();
    let (each, places) = if long() { (2_500, 4) } else { (500, 2) };
    let mut open = Vec::new();
    for place in 0..places {
        open.extend(connections(&format!("127.0.0.{}", 10 + place), to, each).await);
        scene.honest_is_served("with connections that say nothing").await;
    }
    println!("{} connections from {places} addresses", open.len());
    // From elsewhere somebody new still gets through to the handshake.
    let mut speaker = scene.speaker().await;
    speaker.send(&[]).await;
    until("the other partner", async || {
        Some(scene.victim.sees(HOSTILE).await).filter(|row| row["connected_since"].is_u64())
    })
    .await;
    scene.memory_is_flat(&format!("{} connections", open.len()), before);
}
