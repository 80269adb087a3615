//! x
use std::sync::Arc; use serde::{Serialize,Deserialize};
#[derive(Debug, Clone, Serialize, Deserialize)] pub enum Step { A }
pub async fn carry_out(_: &Arc<crate::service::Service>, _: Step, _: Vec<u8>) -> anyhow::Result<Vec<serde_json::Value>> { Ok(vec![]) }
