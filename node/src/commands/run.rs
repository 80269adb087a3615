//! `overbuur run`: the exchange with partners, the pages and the control socket, until a signal.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use super::print;
use crate::runtime::{self, Ask};
use crate::service::Service;
use crate::{chores, clock, control};

/// Runs the node in `dir`.
///
/// # Errors
/// A port in use, another process in the folder, or a store that does not open.
pub async fn run(dir: &Path, http: Option<String>, listen: Vec<String>, demo: bool) -> Result<()> {
    // Before anything else: a signal that comes early must end the node as cleanly as a late one.
    let terminate = signal(SignalKind::terminate()).context("no signals")?;
    let interrupt = signal(SignalKind::interrupt()).context("no signals")?;
    let mut home = crate::home::Home::open(dir)?;
    if let Some(http) = http {
        home.configuration.http = http;
    }
    let listen = if listen.is_empty() { home.configuration.listen.clone() } else { listen };
    let address = home.configuration.http.clone();
    let pages = TcpListener::bind(&address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow!("Poort {address} is al in gebruik; kies een andere met --http"),
        _ => anyhow!("Pagina's aanbieden op {address} lukt niet: {error}"),
    })?;
    let claims = home.certificate.get();
    if !claims.covers(clock::now().hour()) {
        eprintln!("overbuur: {}", print::out_of_date(&claims.valid_until.start().0.into()));
    }
    let service = Service::of(home, demo)?;
    let handle = runtime::start(&service.home, service.parts(), &listen).await?;
    if service.running.set(handle.clone()).is_err() {
        bail!("dit knooppunt draait al");
    }
    let config = web::Config {
        municipality: service.home.refnis()?.name().to_owned(),
        secure_cookies: service.home.configuration.address.starts_with("https://"),
        demo,
    };
    let router = web::router(service.office.clone(), service.changes.clone(), config);
    tokio::spawn(chores::run(Arc::clone(&service), handle.clone()));
    control::serve(Arc::clone(&service))?;
    tracing::info!(%address, "the pages are served");
    let serving = tokio::spawn(async move { axum::serve(pages, router).await });
    let failed = tokio::select! {
        () = until_stopped(terminate, interrupt, demo) => false,
        // The runtime ends by itself only when the store failed.
        () = handle.asks.closed() => true,
    };
    // Pages keep event streams open for ever: they end with the process.
    serving.abort();
    let (done, stopped) = oneshot::channel();
    if handle.asks.send(Ask::Stop(done)).await.is_ok() {
        let _ = stopped.await;
    }
    let _ = std::fs::remove_file(crate::home::socket_path(dir));
    if failed {
        bail!(
            "De databank kon niet schrijven; het knooppunt is gestopt. Kijk of de schijf vol is en start het opnieuw"
        );
    }
    tracing::info!("stopped");
    Ok(())
}

async fn until_stopped(mut terminate: Signal, mut interrupt: Signal, demo: bool) {
    let parent_gone = async {
        if !demo {
            return std::future::pending().await;
        }
        // The demonstration holds the other end and never writes.
        let (gone, is_gone) = oneshot::channel();
        std::thread::spawn(move || {
            let mut byte = [0];
            while std::io::stdin().read(&mut byte).is_ok_and(|count| count > 0) {}
            let _ = gone.send(());
        });
        let _ = is_gone.await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = parent_gone => {}
    }
}
