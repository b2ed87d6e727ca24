//! The stream below a connection to a mail server. What is written goes out at once: the end of a mail is a few bytes after
//! its content, which the operating system would hold back until the server has acknowledged the content, and servers take
//! 40 ms for that.
#![expect(deprecated, reason = "the library encrypts a stream that it has not opened in no other way")]

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::{AsyncNetworkStream, AsyncTokioStream, TlsParameters};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::answers::{self, Step};
use crate::Outcome;

/// Opens a stream to the first of some addresses that answers, encrypted from the first byte if there are parameters.
pub(super) async fn open(
    host: &str,
    addresses: &[SocketAddr],
    tls: Option<TlsParameters>,
) -> Result<Box<dyn AsyncTokioStream>, Outcome> {
    let unreachable = |error: io::Error| answers::unreachable(format!("connecting to {host}: {error}"));
    let stream = TcpStream::connect(addresses).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let mut stream = AsyncNetworkStream::use_existing_tokio1(Box::new(stream));
    stream.upgrade_tls(tls).await.map_err(|error| answers::outcome(Step::Connect, &error))?;
    Ok(Box::new(Encrypted(stream)))
}

/// An encrypted stream.
#[derive(Debug)]
struct Encrypted(AsyncNetworkStream);

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The library's stream reads as streams of `futures` do, which say how much they have read.
        let read =
            futures_util::AsyncRead::poll_read(Pin::new(&mut self.0), context, buffer.initialize_unfilled());
        read.map_ok(|count| buffer.advance(count))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        futures_util::AsyncWrite::poll_write(Pin::new(&mut self.0), context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        futures_util::AsyncWrite::poll_flush(Pin::new(&mut self.0), context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        futures_util::AsyncWrite::poll_close(Pin::new(&mut self.0), context)
    }
}
