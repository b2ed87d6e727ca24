//! The places of a host: how many connections there are, and which one goes when there are too many.
//!
//! A connection that nobody has yet used with a valid key costs a stranger nothing to open, and a till needs one only
//! until its first header has arrived. So a new connection is nearly always let in, and what has waited longest without
//! a key goes for it. Nothing depends on addresses, because all tills may be behind one proxy; the limit of an address
//! only keeps one stranger from pushing out another, and does not count connections that tills use.
//!
//! Connections at work for a key are never ended. Calls by other keys than those of tills are refused when only the
//! reserve is left, so that there always is a place that a till's first header can arrive at.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::config::Connections;
use app::metrics::ConnectionMetrics;
use tokio::sync::oneshot;

/// The limit that leaves no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// As many connections as there may be, all at work.
    Total,
    /// As many of this address as there may be, all at work.
    Address,
    /// The remaining places are for tills.
    ForTills,
}

impl Full {
    /// As metrics and the log name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
            Self::ForTills => "reserved_for_tills",
        }
    }
}

/// All places of a process.
#[derive(Debug)]
pub(crate) struct Places {
    total: usize,
    per_address: usize,
    /// The most calls under way by keys that are not of tills.
    others_max: usize,
    metrics: ConnectionMetrics,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Numbers connections, and the order in which they began to wait.
    last: u64,
    open: HashMap<u64, Open>,
    waiting: BTreeSet<Turn>,
    addresses: HashMap<IpAddr, Address>,
    /// Calls under way by keys that are not of tills.
    others: usize,
}

/// An open connection.
#[derive(Debug)]
struct Open {
    address: IpAddr,
    used_by: UsedBy,
    /// Its turn among those that may be ended; none while it works for a key.
    turn: Option<Turn>,
    /// Counted in [`State::others`].
    is_other: bool,
    displaced: oneshot::Sender<()>,
}

/// The connections of one address, but those that tills use.
#[derive(Debug, Default)]
struct Address {
    open: usize,
    waiting: BTreeSet<Turn>,
}

/// The best key that a connection was used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum UsedBy {
    Nobody,
    Other,
    Till,
}

/// The order in which connections are ended for others: the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    used_by: UsedBy,
    /// Requests that no key has been found for yet go after connections that only wait.
    has_request: bool,
    since: u64,
    connection: u64,
}

impl Places {
    /// `total` is the limit of the settings, or what the system allows.
    pub(crate) fn new(settings: &Connections, total: usize, metrics: ConnectionMetrics) -> Self {
        Self {
            total,
            per_address: settings.per_address,
            // At least one, where the system allows less than is reserved.
            others_max: total.saturating_sub(settings.reserved_for_tills).max(1),
            metrics,
            state: Mutex::default(),
        }
    }

    /// A place for a new connection, and a signal that it has to go for another one.
    pub(crate) fn enter(
        places: &Arc<Self>,
        address: IpAddr,
    ) -> Result<(Arc<Place>, oneshot::Receiver<()>), Full> {
        let address = network(address);
        let mut state = places.state();
        let of_address = state.addresses.get(&address);
        if of_address.is_some_and(|of_address| of_address.open >= places.per_address) {
            let first = of_address.and_then(|of_address| of_address.waiting.first().copied());
            state.displace(first.ok_or(Full::Address)?);
        }
        if state.open.len() >= places.total {
            let first = state.waiting.first().copied().ok_or(Full::Total)?;
            state.displace(first);
        }
        let (displaced, signal) = oneshot::channel();
        state.last += 1;
        let connection = state.last;
        let open = Open { address, used_by: UsedBy::Nobody, turn: None, is_other: false, displaced };
        state.open.insert(connection, open);
        state.addresses.entry(address).or_default().open += 1;
        state.wait(connection, false);
        drop(state);
        places.metrics.opened();
        Ok((Arc::new(Place { places: Arc::clone(places), connection }), signal))
    }

    /// Ends the connection whose turn it is. Returns false if all are at work.
    pub(crate) fn displace_one(&self) -> bool {
        let mut state = self.state();
        let first = state.waiting.first().copied();
        if let Some(first) = first {
            state.displace(first);
        }
        first.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn displace(&mut self, turn: Turn) {
        if let Some(open) = self.remove(turn.connection) {
            // It fails if the connection is just ending.
            let _ = open.displaced.send(());
        }
    }

    /// Puts a connection at the end of those of its kind that may be ended.
    fn wait(&mut self, connection: u64, has_request: bool) {
        self.stop_waiting(connection);
        self.last += 1;
        let since = self.last;
        let Some(open) = self.open.get_mut(&connection) else { return };
        let turn = Turn { used_by: open.used_by, has_request, since, connection };
        open.turn = Some(turn);
        self.waiting.insert(turn);
        if open.used_by != UsedBy::Till
            && let Some(address) = self.addresses.get_mut(&open.address)
        {
            address.waiting.insert(turn);
        }
    }

    fn stop_waiting(&mut self, connection: u64) {
        let Some(open) = self.open.get_mut(&connection) else { return };
        let Some(turn) = open.turn.take() else { return };
        self.waiting.remove(&turn);
        if let Some(address) = self.addresses.get_mut(&open.address) {
            address.waiting.remove(&turn);
        }
    }

    fn use_by(&mut self, connection: u64, used_by: UsedBy) {
        let Some(open) = self.open.get_mut(&connection) else { return };
        if used_by <= open.used_by {
            return;
        }
        open.used_by = used_by;
        if used_by == UsedBy::Till {
            let address = open.address;
            self.leave_address(address);
        }
    }

    fn leave_address(&mut self, address: IpAddr) {
        let Some(of_address) = self.addresses.get_mut(&address) else { return };
        of_address.open = of_address.open.saturating_sub(1);
        if of_address.open == 0 {
            self.addresses.remove(&address);
        }
    }

    fn remove(&mut self, connection: u64) -> Option<Open> {
        self.stop_waiting(connection);
        let open = self.open.remove(&connection)?;
        if open.used_by != UsedBy::Till {
            self.leave_address(open.address);
        }
        if open.is_other {
            self.others = self.others.saturating_sub(1);
        }
        Some(open)
    }
}

/// The place of one connection. It is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    connection: u64,
}

impl Place {
    /// The header of a request is complete.
    pub(super) fn request_begins(&self) {
        self.places.state().wait(self.connection, true);
    }

    /// The answer has been made, or nobody waits for it any more.
    pub(super) fn request_ends(&self) {
        let mut state = self.places.state();
        state.wait(self.connection, false);
        let open = state.open.get_mut(&self.connection);
        if open.is_some_and(|open| std::mem::take(&mut open.is_other)) {
            state.others = state.others.saturating_sub(1);
        }
    }

    /// The request comes with a valid key. Refuses it if only the places for tills are left and the key is none of a
    /// till.
    pub(crate) fn admit(&self, is_till: bool) -> Result<(), Full> {
        let mut state = self.places.state();
        // From before its kind changes: the turn has the kind in it.
        state.stop_waiting(self.connection);
        if is_till {
            state.use_by(self.connection, UsedBy::Till);
            return Ok(());
        }
        state.use_by(self.connection, UsedBy::Other);
        if state.others >= self.places.others_max {
            state.wait(self.connection, true);
            drop(state);
            self.places.metrics.refused(Full::ForTills.name());
            return Err(Full::ForTills);
        }
        if let Some(open) = state.open.get_mut(&self.connection)
            && !open.is_other
        {
            open.is_other = true;
            state.others += 1;
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.state().remove(self.connection);
    }
}

/// An address as its limit knows it: with IPv6, where everybody has a network of 64 bits to choose from, that network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use app::config::Config;

    use super::*;

    type Visitor = (Arc<Place>, oneshot::Receiver<()>);

    fn places(total: usize, per_address: usize, reserved: usize) -> Arc<Places> {
        let mut settings = Config::from_layers(None, std::iter::empty()).expect("the defaults").connections;
        settings.per_address = per_address;
        settings.reserved_for_tills = reserved;
        Arc::new(Places::new(&settings, total, ConnectionMetrics::default()))
    }

    fn enter(places: &Arc<Places>, address: u8) -> Visitor {
        Places::enter(places, IpAddr::V4(Ipv4Addr::new(10, 0, 0, address))).expect("a place")
    }

    fn full(places: &Arc<Places>, address: u8) -> Full {
        Places::enter(places, IpAddr::V4(Ipv4Addr::new(10, 0, 0, address))).expect_err("no place")
    }

    fn works_for(visitor: &Visitor, is_till: bool) {
        visitor.0.request_begins();
        visitor.0.admit(is_till).expect("room");
    }

    fn was_displaced(visitor: &mut Visitor) -> bool {
        visitor.1.try_recv().is_ok()
    }

    #[test]
    fn who_waits_longest_without_a_key_goes_first() {
        let places = places(4, 100, 1);
        let mut till = enter(&places, 1);
        works_for(&till, true);
        till.0.request_ends();
        let mut other = enter(&places, 2);
        works_for(&other, false);
        other.0.request_ends();
        let mut asking = enter(&places, 3);
        asking.0.request_begins();
        let mut silent = enter(&places, 4);
        for address in 10..30 {
            let mut next = enter(&places, address);
            assert!(was_displaced(&mut silent), "the silent one goes for {address}");
            assert!(!was_displaced(&mut next));
            silent = next;
        }
        works_for(&silent, true);
        let first = enter(&places, 30);
        assert!(was_displaced(&mut asking), "then a request without a key");
        drop(asking);
        works_for(&first, true);
        let second = enter(&places, 31);
        assert!(was_displaced(&mut other), "then a key that is none of a till");
        works_for(&second, true);
        let _third = enter(&places, 32);
        assert!(was_displaced(&mut till), "and only then a till that does nothing");
    }

    #[test]
    fn who_works_for_a_key_stays() {
        let places = places(2, 100, 0);
        let (mut one, mut two) = (enter(&places, 1), enter(&places, 2));
        works_for(&one, true);
        works_for(&two, false);
        assert_eq!(full(&places, 3), Full::Total);
        assert!(!was_displaced(&mut one) && !was_displaced(&mut two));
        assert!(!places.displace_one());
        two.0.request_ends();
        let _three = enter(&places, 3);
        assert!(was_displaced(&mut two));
    }

    #[test]
    fn an_address_has_its_own_limit_and_tills_do_not_count() {
        let places = places(100, 2, 10);
        let tills: Vec<Visitor> = (0..5)
            .map(|_| {
                let till = enter(&places, 1);
                works_for(&till, true);
                till.0.request_ends();
                till
            })
            .collect();
        let mut others: Vec<Visitor> = (0..3).map(|_| enter(&places, 1)).collect();
        assert_eq!(others.iter_mut().map(was_displaced).collect::<Vec<_>>(), [true, false, false]);
        let (mut two, mut three) = (others.remove(1), others.remove(1));
        works_for(&two, false);
        works_for(&three, false);
        assert_eq!(full(&places, 1), Full::Address);
        let _elsewhere = enter(&places, 2);
        assert!(!was_displaced(&mut two) && !was_displaced(&mut three));
        drop(two);
        let _again = enter(&places, 1);
        for mut till in tills {
            assert!(!was_displaced(&mut till));
        }
    }

    #[test]
    fn the_reserve_is_for_tills() {
        let places = places(3, 100, 1);
        let (one, two, three) = (enter(&places, 1), enter(&places, 2), enter(&places, 3));
        works_for(&one, false);
        works_for(&two, false);
        three.0.request_begins();
        assert_eq!(three.0.admit(false), Err(Full::ForTills));
        assert_eq!(three.0.admit(true), Ok(()));
        one.0.request_ends();
        let four = enter(&places, 4);
        works_for(&four, false);
    }

    #[test]
    fn nothing_is_kept_of_who_has_left() {
        let places = places(10, 10, 1);
        for address in 1..10 {
            let visitor = enter(&places, address);
            works_for(&visitor, address.is_multiple_of(2));
            if address.is_multiple_of(3) {
                visitor.0.request_ends();
            }
        }
        let state = places.state();
        assert!(state.open.is_empty() && state.waiting.is_empty() && state.addresses.is_empty());
        assert_eq!(state.others, 0);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }
}
