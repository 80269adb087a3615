//! The deterministic CBOR, byte for byte: a change here is a change of the wire format.

use schemas::certificate::{CircleList, NodeCertificate};
use schemas::envelope::{Content, Envelope, Header};
use schemas::ids::to_hex;

use crate::assert_approved;
use crate::samples::{certificate, change, header, list, node, root};

/// Lines of 32 bytes.
fn approve(name: &str, bytes: &[u8]) {
    let lines: Vec<String> = bytes.chunks(32).map(to_hex).collect();
    assert_approved(&format!("tests/approved/{name}.hex"), &(lines.join("\n") + "\n"));
}

fn approve_envelope(name: &str, header: Header, body: &[u8]) {
    let envelope = Envelope::sign(header, body.to_vec(), &node()).into_inner();
    let bytes = envelope.to_bytes();
    approve(name, &bytes);
    assert_eq!(Envelope::from_bytes(&bytes), Ok(envelope));
}

#[test]
fn headers() {
    approve("header-version", &minicbor::to_vec(header()).expect("a Vec takes all"));
    approve("header-change", &minicbor::to_vec(change()).expect("a Vec takes all"));
}

#[test]
fn envelopes() {
    approve_envelope("envelope-version", header(), b"body");
    approve_envelope("envelope-change", change(), b"body");
    approve_envelope("control-erased", Header { content: Content::Erased, ..header() }, b"");
}

#[test]
fn certificates_and_lists() {
    let bytes = certificate().sign(&root(), &node());
    approve("certificate", &bytes);
    let verified = NodeCertificate::verify(&bytes).expect("holds");
    let bytes = list().sign(&node());
    approve("circle-list", &bytes);
    assert_eq!(CircleList::verify(&bytes, &verified).map(|list| list.into_inner()), Ok(list()));
}
