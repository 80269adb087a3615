//! A hostile partner on a real connection: paired as everybody is, and then saying over the
//! node's own network whatever a test makes up, to a real process of `overbuur` that has an
//! honest partner too. Every case asks the same: refused with a reason in `status`, memory flat,
//! the honest partner served meanwhile.

mod envelopes;
mod floods;
mod papers;
mod repetition;
mod scene;
mod speaker;
mod streams;
