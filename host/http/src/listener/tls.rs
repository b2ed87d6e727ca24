//! The certificate of the host, read again when its files change.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::config::Tls;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

/// The only protocol that is spoken over TLS here, by its registered name (RFC 7301).
const HTTP_1_1: &[u8] = b"http/1.1";

/// The reason why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("{setting}: cannot read {}: {error}", .path.display())]
    Unreadable { setting: &'static str, path: PathBuf, error: std::io::Error },
    #[error("{setting}: {} is not PEM: {error}", .path.display())]
    NotPem { setting: &'static str, path: PathBuf, error: rustls::pki_types::pem::Error },
    #[error("tls.certificate: {} has no certificate", .path.display())]
    Empty { path: PathBuf },
    #[error("tls.certificate and tls.key: {0}")]
    Refused(rustls::Error),
}

/// A certificate with its key. A cheap handle: all of them see the latest one.
#[derive(Clone)]
pub struct Certificate(Arc<Shared>);

struct Shared {
    certificate: PathBuf,
    key: PathBuf,
    check_every: Duration,
    latest: ArcSwap<Read>,
}

/// The files as they were read.
struct Read {
    digest: Vec<u8>,
    config: Arc<ServerConfig>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Certificate").field(&self.0.certificate).finish()
    }
}

impl Certificate {
    /// Reads the files of the settings; none if the host speaks HTTP.
    pub fn load(settings: &Tls) -> Result<Option<Self>, CertificateError> {
        if !settings.is_on() {
            return Ok(None);
        }
        let (certificate, key) = (PathBuf::from(&settings.certificate), PathBuf::from(&settings.key));
        let (chain, secret) = read_files(&certificate, &key)?;
        let digest = digest(&chain, &secret);
        let config = config(&certificate, &chain, &key, &secret)?;
        Ok(Some(Self(Arc::new(Shared {
            certificate,
            key,
            check_every: Duration::from_secs(settings.check_seconds),
            latest: ArcSwap::from_pointee(Read { digest, config }),
        }))))
    }

    /// For the handshake of a new connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0.latest.load().config))
    }

    /// Reads the files again when they have changed, now and then and at SIGHUP. Files that cannot be used are logged,
    /// and the certificate before them stays. The future never ends; from this call on SIGHUP does not end the process.
    pub fn follow(self) -> impl Future<Output = ()> + Send {
        let hang_up = match signal(SignalKind::hangup()) {
            Ok(hang_up) => Some(hang_up),
            Err(error) => {
                tracing::warn!(%error, "cannot listen for SIGHUP");
                None
            }
        };
        self.follow_with(hang_up)
    }

    async fn follow_with(self, mut hang_up: Option<Signal>) {
        let mut ticks = tokio::time::interval(self.0.check_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Of the files that were told to be of no use: they are told once, and again at SIGHUP.
        let mut told = None;
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => false,
                received = next(&mut hang_up) => received.is_some(),
            };
            let this = self.clone();
            let looked = tokio::task::spawn_blocking(move || this.look());
            match looked.await {
                Ok(Looked::New) => {
                    told = None;
                    tracing::info!(file = %self.0.certificate.display(), "certificate loaded");
                }
                Ok(Looked::Same) => {
                    told = None;
                    if asked {
                        tracing::info!(file = %self.0.certificate.display(), "certificate unchanged");
                    }
                }
                Ok(Looked::Useless(problem)) => {
                    if asked || told.as_deref() != Some(problem.as_str()) {
                        tracing::error!(
                            problem,
                            "the new certificate cannot be used; the one before it stays"
                        );
                    }
                    told = Some(problem);
                }
                Err(error) => tracing::error!(%error, "cannot look at the certificate"),
            }
        }
    }

    fn look(&self) -> Looked {
        let Shared { certificate, key, latest, .. } = &*self.0;
        let read = read_files(certificate, key).and_then(|(chain, secret)| {
            let digest = digest(&chain, &secret);
            if digest == latest.load().digest {
                return Ok(None);
            }
            Ok(Some(Read { digest, config: config(certificate, &chain, key, &secret)? }))
        });
        match read {
            Ok(None) => Looked::Same,
            Ok(Some(read)) => {
                latest.store(Arc::new(read));
                Looked::New
            }
            Err(error) => Looked::Useless(error.to_string()),
        }
    }
}

/// The outcome of a look at the files.
enum Looked {
    Same,
    New,
    /// With the reason.
    Useless(String),
}

async fn next(hang_up: &mut Option<Signal>) -> Option<()> {
    match hang_up {
        Some(hang_up) => hang_up.recv().await,
        None => std::future::pending().await,
    }
}

fn read_files(certificate: &Path, key: &Path) -> Result<(Vec<u8>, Vec<u8>), CertificateError> {
    let read = |setting, path: &Path| {
        std::fs::read(path).map_err(|error| CertificateError::Unreadable {
            setting,
            path: path.to_path_buf(),
            error,
        })
    };
    Ok((read("tls.certificate", certificate)?, read("tls.key", key)?))
}

/// Of both files; the key itself is kept nowhere but in the configuration of TLS.
fn digest(chain: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut digest = Sha256::new();
    digest.update(Sha256::digest(chain));
    digest.update(Sha256::digest(secret));
    digest.finalize().to_vec()
}

fn config(
    certificate: &Path,
    chain: &[u8],
    key: &Path,
    secret: &[u8],
) -> Result<Arc<ServerConfig>, CertificateError> {
    let not_pem =
        |setting, path: &Path, error| CertificateError::NotPem { setting, path: path.to_path_buf(), error };
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| not_pem("tls.certificate", certificate, error))?;
    if chain.is_empty() {
        return Err(CertificateError::Empty { path: certificate.to_path_buf() });
    }
    let secret = PrivateKeyDer::from_pem_slice(secret).map_err(|error| not_pem("tls.key", key, error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(CertificateError::Refused)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(CertificateError::Refused)?;
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(Arc::new(config))
}
