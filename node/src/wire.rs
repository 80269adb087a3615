//! Length-prefixed frames on a byte stream: four bytes of length, then so many bytes.
//!
//! A length that is claimed is checked before anything is set aside for it. An empty frame is
//! a sign of life.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Reads a frame of at most `limit` bytes.
///
/// # Errors
/// A longer claim, or the stream's own.
pub async fn read(stream: &mut (impl AsyncRead + Unpin), limit: usize) -> io::Result<Vec<u8>> {
    let length = length(stream).await?;
    if length > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame over the limit"));
    }
    body(stream, length).await
}

/// Reads the length that the next frame claims.
///
/// # Errors
/// The stream's own.
pub async fn length(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    Ok(u32::from_be_bytes(length) as usize)
}

/// Reads the frame whose length was read and found to be within the limit.
///
/// # Errors
/// The stream's own.
pub async fn body(stream: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Writes a frame; does not flush.
///
/// # Errors
/// The stream's own.
pub async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "too long"))?;
    // Together: what is written apart travels, and wakes the other side, apart.
    stream.write_all(&[&length.to_be_bytes(), bytes].concat()).await
}

#[cfg(test)]
mod tests {
    use futures::io::Cursor;

    use super::*;

    #[tokio::test]
    async fn frames_there_and_back() -> io::Result<()> {
        let mut bytes = Vec::new();
        for frame in [&b"one"[..], b"", b"three"] {
            write(&mut bytes, frame).await?;
        }
        let mut stream = Cursor::new(bytes);
        assert_eq!(read(&mut stream, 5).await?, b"one");
        assert_eq!(read(&mut stream, 5).await?, b"");
        assert_eq!(read(&mut stream, 5).await?, b"three");
        assert!(read(&mut stream, 5).await.is_err(), "nothing more");
        Ok(())
    }

    #[tokio::test]
    async fn a_claim_over_the_limit_is_refused_before_it_is_believed() {
        for claim in [6_u32, u32::MAX] {
            let mut stream = Cursor::new(claim.to_be_bytes().to_vec());
            let error = read(&mut stream, 5).await.expect_err("over the limit");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
