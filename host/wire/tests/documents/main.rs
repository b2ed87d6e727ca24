//! Documents through the public doors of the edge.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod catalogs;
#[cfg(test)]
mod offer_keys;
#[cfg(test)]
mod offers;
#[cfg(test)]
mod personal_terms;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod store;
