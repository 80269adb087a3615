//! Two network namespaces with a bad line between them: each packet of it passes through this
//! process, which lets it wait, loses it, or lets nothing through at all.
//!
//! Kernels of test machines often lack `netem`, so the line is made of what all have: in each
//! namespace a vxlan interface wraps packets in UDP, and sends them here over a veth pair. TCP in
//! the namespaces is the kernel's own and sees real loss. What goes wrong is drawn from a seed.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, id};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Port of vxlan.
const PORT: u16 = 4789;
/// Bytes that wait at the line's end, at most: what is more is lost, as in a small router.
const QUEUE: usize = 64 * 1024;
/// Largest packet on the line.
const MTU: &str = "1300";

/// How bad the line is.
#[derive(Clone, Copy, Debug)]
pub struct Quality {
    /// How long every packet is under way.
    pub delay: Duration,
    /// Packets lost, in a thousand.
    pub lost: u32,
    /// Bits in a second; 0 for as many as come.
    pub bits: u64,
}

impl Quality {
    /// A line on which nothing goes wrong.
    pub const GOOD: Self = Self { delay: Duration::ZERO, lost: 0, bits: 0 };
}

/// The line; it and its namespaces are gone when it is dropped.
pub struct Line {
    names: [String; 2],
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    cut: AtomicBool,
    over: AtomicBool,
    /// Packets carried and lost.
    carried: AtomicU64,
    lost: AtomicU64,
}

static LINES: AtomicU32 = AtomicU32::new(0);

fn ip(arguments: &str) -> Result<()> {
    let output = Command::new("ip").args(arguments.split(' ')).output().context("iproute2; tests/run installs it")?;
    ensure!(
        output.status.success(),
        "this test makes network namespaces: run it as root where that is allowed (ip {arguments}: {})",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

impl Line {
    /// Makes both namespaces and the line. What goes wrong on it is drawn from `seed`.
    ///
    /// # Errors
    /// Where this machine does not let the tests make namespaces; the message says so.
    pub fn new(quality: Quality, seed: u64) -> Result<Self> {
        // A block of addresses for shared use (RFC 6598) that no other line of this machine has.
        let number = LINES.fetch_add(1, Ordering::Relaxed);
        let net = |side: u32, host: u32| {
            format!("100.{}.{}.{}", 64 + ((id() >> 8) & 63), id() & 255, (number * 8 + side * 4 + host) & 255)
        };
        let name = |side: u32| format!("ovb{}-{number}{}", id(), ["a", "b"][side as usize]);
        let line = Self { names: [name(0), name(1)], state: Arc::default() };
        for side in 0..2 {
            let (inside, veth) = (name(side), format!("ov{}x{number}{side}", id() % 1_000_000));
            let (here, there) = (net(side, 1), net(side, 2));
            ip(&format!("netns add {inside}"))?;
            ip(&format!("link add {veth} type veth peer name eth0 netns {inside}"))?;
            ip(&format!("addr add {here}/30 dev {veth}"))?;
            ip(&format!("link set {veth} up"))?;
            ip(&format!("-n {inside} link set lo up"))?;
            ip(&format!("-n {inside} addr add {there}/30 dev eth0"))?;
            ip(&format!("-n {inside} link set eth0 up"))?;
            ip(&format!("-n {inside} link add line type vxlan id 7 local {there} remote {here} dstport {PORT}"))?;
            ip(&format!("-n {inside} addr add {}/24 dev line", address(side)))?;
            // One packet at a time, so that what comes here is what is on the line.
            ip(&format!("-n {inside} link set line mtu {MTU} gso_max_segs 1 up"))?;
        }
        let ends = [UdpSocket::bind((net(0, 1).as_str(), PORT))?, UdpSocket::bind((net(1, 1).as_str(), PORT))?];
        for (from, to) in [(0, 1), (1, 0)] {
            let target: SocketAddr = format!("{}:{PORT}", net(to as u32, 2)).parse()?;
            let (receive, send) = (ends[from].try_clone()?, ends[to].try_clone()?);
            // A look now and then whether the line is over.
            receive.set_read_timeout(Some(Duration::from_millis(100)))?;
            let rng = ChaCha20Rng::seed_from_u64(seed + from as u64);
            carry(Arc::clone(&line.state), receive, send, target, quality, rng);
        }
        Ok(line)
    }

    /// Address and namespace of one of its ends, 0 or 1.
    #[must_use]
    pub fn end(&self, side: usize) -> (String, &str) {
        (address(side as u32), &self.names[side])
    }

    /// Lets nothing through from now on, or everything again.
    pub fn cut(&self, cut: bool) {
        self.state.cut.store(cut, Ordering::Relaxed);
    }

    /// Cuts the line and heals it in turn, each for so long, while `work` is done.
    pub fn flapping<T>(&self, each: Duration, work: impl FnOnce() -> T) -> T {
        let done = (Mutex::new(false), Condvar::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut is_done = done.0.lock().unwrap_or_else(PoisonError::into_inner);
                let mut cut = false;
                while !*is_done {
                    cut = !cut;
                    self.cut(cut);
                    is_done = done.1.wait_timeout(is_done, each).unwrap_or_else(PoisonError::into_inner).0;
                }
                self.cut(false);
            });
            let outcome = work();
            *done.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            done.1.notify_all();
            outcome
        })
    }

    /// Packets that were carried and lost until now.
    #[must_use]
    pub fn packets(&self) -> (u64, u64) {
        (self.state.carried.load(Ordering::Relaxed), self.state.lost.load(Ordering::Relaxed))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Relaxed);
        for name in &self.names {
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}

fn address(side: u32) -> String {
    format!("10.9.0.{}", side + 1)
}

/// Packets under way, with when they arrive.
#[derive(Default)]
struct Wire {
    packets: Mutex<VecDeque<(Instant, Vec<u8>)>>,
    changed: Condvar,
}

fn carry(
    state: Arc<State>,
    receive: UdpSocket,
    send: UdpSocket,
    target: SocketAddr,
    quality: Quality,
    mut rng: ChaCha20Rng,
) {
    let wire = Arc::new(Wire::default());
    let (out, over) = (Arc::clone(&wire), Arc::clone(&state));
    thread::spawn(move || deliver(&out, &over, &send, target));
    thread::spawn(move || {
        let mut buffer = [0; 65_536];
        let mut free = now();
        while !state.over.load(Ordering::Relaxed) {
            let Ok(length) = receive.recv(&mut buffer) else { continue };
            let mut packet = buffer[..length].to_vec();
            let unlucky = rng.random_range(0..1000) < quality.lost;
            let mut packets = wire.packets.lock().unwrap_or_else(PoisonError::into_inner);
            let waiting: usize =
                packets.iter().filter(|(at, _)| *at > now() + quality.delay).map(|(_, p)| p.len()).sum();
            if state.cut.load(Ordering::Relaxed) || unlucky || waiting > QUEUE {
                state.lost.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            state.carried.fetch_add(1, Ordering::Relaxed);
            fill_in_checksum(&mut packet);
            if let Some(nanoseconds) = (length as u64 * 8 * 1_000_000_000).checked_div(quality.bits) {
                free = free.max(now()) + Duration::from_nanos(nanoseconds);
            } else {
                free = now();
            }
            packets.push_back((free + quality.delay, packet));
            wire.changed.notify_one();
        }
    });
}

fn deliver(wire: &Wire, state: &State, send: &UdpSocket, target: SocketAddr) {
    let mut packets = wire.packets.lock().unwrap_or_else(PoisonError::into_inner);
    while !state.over.load(Ordering::Relaxed) {
        let wait = match packets.front() {
            None => Duration::from_millis(100),
            Some((at, _)) => at.saturating_duration_since(now()),
        };
        if wait.is_zero() {
            if let Some((_, packet)) = packets.pop_front() {
                // A namespace that is going away takes nothing any more.
                let _ = send.send_to(&packet, target);
            }
            continue;
        }
        packets = wire.changed.wait_timeout(packets, wait).unwrap_or_else(PoisonError::into_inner).0;
    }
}

#[expect(clippy::disallowed_methods, reason = "the line's delays are real")]
fn now() -> Instant {
    Instant::now()
}

/// Computes the TCP checksum that the sending kernel left to a card that there is not: vxlan
/// header (8 bytes), Ethernet (14), IPv4, TCP.
fn fill_in_checksum(packet: &mut [u8]) {
    const IP: usize = 8 + 14;
    let is_tcp = packet.len() > IP + 40 - 1 && packet[20..22] == [8, 0] && packet[IP + 9] == 6;
    if !is_tcp {
        return;
    }
    let tcp = IP + usize::from(packet[IP] & 15) * 4;
    let end = IP + usize::from(u16::from_be_bytes([packet[IP + 2], packet[IP + 3]]));
    if end > packet.len() || tcp + 20 > end {
        return;
    }
    packet[tcp + 16..tcp + 18].fill(0);
    let words = |bytes: &[u8]| -> u64 {
        bytes.chunks(2).map(|pair| u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0))).sum()
    };
    let mut sum = words(&packet[IP + 12..IP + 20]) + 6 + (end - tcp) as u64 + words(&packet[tcp..end]);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    packet[tcp + 16..tcp + 18].copy_from_slice(&(!(sum as u16)).to_be_bytes());
}
