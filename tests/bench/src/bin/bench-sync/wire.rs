//! What passes between two processes, as the kernel counts it, and how much memory one has.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Payload bytes of the TCP connections to a port on this machine, both ways, and how often the
/// kernel was asked until they no longer moved.
///
/// # Errors
/// No `ss`.
pub fn settled_bytes(port: u16) -> Result<u64> {
    let mut before = bytes(port)?;
    let mut same = 0;
    while same < 5 {
        let now = bytes(port)?;
        same = if now == before { same + 1 } else { 0 };
        before = now;
    }
    Ok(before)
}

fn bytes(port: u16) -> Result<u64> {
    // The end that listens: what it sent and what it received.
    let filter = format!("sport = :{port}");
    let output = Command::new("ss").args(["-tinHO", "state", "established", &filter]).output();
    let output = output.context("`ss` of iproute2 counts the bytes")?;
    ensure!(output.status.success(), "ss: {}", String::from_utf8_lossy(&output.stderr));
    Ok(sum(&String::from_utf8_lossy(&output.stdout)))
}

fn sum(text: &str) -> u64 {
    let words = text.split_whitespace().filter_map(|word| word.split_once(':'));
    let counted = words.filter(|(name, _)| matches!(*name, "bytes_acked" | "bytes_received"));
    counted.filter_map(|(_, count)| count.parse::<u64>().ok()).sum()
}

/// Memory of a process that is in use, in bytes.
///
/// # Errors
/// A process that is gone.
pub fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// Seconds of processor time that a process has used.
///
/// # Errors
/// A process that is gone.
pub fn processor(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in brackets, may hold spaces. After it: state, then times in hundredths as the
    // twelfth and thirteenth.
    let (_, after) = stat.rsplit_once(')').context("no name")?;
    let times: Vec<u32> = after.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(times.into_iter().map(f64::from).sum::<f64>() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_every_connection_are_counted() {
        let text = "0 0 127.0.0.1:4601 127.0.0.1:50002 cubic wscale:10,10 rto:204 bytes_sent:900 bytes_acked:901 \
                    bytes_received:50 segs_out:9\n0 0 127.0.0.1:4601 127.0.0.1:50004 bytes_acked:1 bytes_received:2\n";
        assert_eq!(sum(text), 954);
        assert_eq!(sum(""), 0);
    }

    #[test]
    fn this_process_is_in_memory_and_has_run() -> Result<()> {
        assert!(resident(std::process::id())? > 100_000);
        assert!(processor(std::process::id())? < 3600.0);
        assert!(processor(u32::MAX).is_err());
        Ok(())
    }
}
