//! A wire that listens: carries what goes between two nodes and remembers every byte.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

/// A port that leads to another, and what went through.
pub(crate) struct Wire {
    /// The port to dial.
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Wire {
    /// Lays a wire to a port of this machine; it lies there until the test ends.
    pub(crate) fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let own = listener.local_addr()?.port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
                    continue;
                };
                if let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) {
                    carry(near, far, &ear);
                    carry(far_too, near_too, &ear);
                }
            }
        });
        Ok(Self { port: own, heard })
    }

    /// What went through so far, both ways.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, ear: &Arc<Mutex<Vec<u8>>>) {
    let ear = Arc::clone(ear);
    thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(count) = from.read(&mut bytes) {
            if count == 0 || to.write_all(&bytes[..count]).is_err() {
                break;
            }
            ear.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&bytes[..count]);
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
