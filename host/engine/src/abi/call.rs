//! Conversions of calls, from `domain` to a version of the contract: written once for all versions.

/// The rest of a list that is being divided into pieces.
pub(super) struct Remaining<'a, T>(pub(super) &'a [T]);

impl<'a, T> Remaining<'a, T> {
    /// The next `count` entries; those that are left if there are fewer.
    pub(super) fn take(&mut self, count: usize) -> &'a [T] {
        let (piece, rest) = self.0.split_at_checked(count).unwrap_or((self.0, &[]));
        self.0 = rest;
        piece
    }
}

/// The `hold` of [`convert_calls!`](crate::convert_calls) for types that borrow.
pub(super) fn borrow<T: ?Sized>(held: &T) -> &T {
    held
}

/// Defines `receipt`, `item`, `extra` and `fact`: from `domain::mechanics` to the types of a version
/// of the contract.
///
/// - `types` names the module of the version's types. Those with lists or texts take a lifetime.
/// - `hold` turns a slice or a `str` into what these types hold: itself, or a copy.
/// - `lines` gives the columns that the lines of some versions do not have.
/// - `item` gives the fields of an item that differ between versions; `phase` and `pick` convert
///   these two enums.
///
/// A case that the domain gains does not compile until it is handed over: there are no wildcards.
#[macro_export]
macro_rules! convert_calls {
    (
        types: $types:ident,
        hold: $hold:path,
        lines: |$lines:ident| { $($column:ident: $values:expr),* $(,)? },
        item: |$item:ident| { $($field:ident: $value:expr),+ $(,)? } $(,)?
    ) => {
        use ::domain::mechanics as domain;

        pub(super) fn receipt(receipt: &domain::ReceiptCall) -> $types::Receipt<'_> {
            let time = &receipt.time;
            $types::Receipt {
                phase: phase(receipt.phase),
                money_exponent: receipt.money_exponent,
                points_exponent: receipt.points_exponent,
                time: $types::LocalTime {
                    year: time.year,
                    month: time.month,
                    day: time.day,
                    weekday: time.weekday,
                    hour: time.hour,
                    minute: time.minute,
                    second: time.second,
                },
                has_member: receipt.has_member,
                lines: lines(&receipt.lines),
            }
        }

        fn lines($lines: &domain::LineColumns) -> $types::Lines<'_> {
            $types::Lines {
                position: $hold($lines.position.as_slice()),
                product: $hold($lines.product.as_slice()),
                category: $hold($lines.category.as_slice()),
                quantity: $hold($lines.quantity.as_slice()),
                price: $hold($lines.price.as_slice()),
                gross: $hold($lines.gross.as_slice()),
                amount: $hold($lines.amount.as_slice()),
                net: $hold($lines.net.as_slice()),
                cash: $hold($lines.cash.as_slice()),
                rewardable: $hold($lines.rewardable.as_slice()),
                counts: $hold($lines.counts.as_slice()),
                $($column: $values),*
            }
        }

        fn item<'a>($item: &'a domain::ItemCall, extras: &'a [$types::Extra]) -> $types::Item<'a> {
            let limits = &$item.limits;
            $types::Item {
                target_kind: match $item.target_kind {
                    domain::TargetKind::Product => $types::TargetKind::Product,
                    domain::TargetKind::Category => $types::TargetKind::Category,
                    domain::TargetKind::Group => $types::TargetKind::Group,
                    domain::TargetKind::Receipt => $types::TargetKind::Receipt,
                },
                target: $item.target,
                scope: match &$item.scope {
                    domain::Scope::WholeReceipt => $types::Scope::WholeReceipt,
                    domain::Scope::Lines(lines) => $types::Scope::Lines($hold(lines.as_slice())),
                },
                benefit: match $item.benefit {
                    domain::Benefit::Percent(percent) => $types::Benefit::Percent(percent.0),
                    domain::Benefit::Amount(sum) => $types::Benefit::Amount(sum),
                    domain::Benefit::AmountPerUnit(sum) => $types::Benefit::AmountPerUnit(sum),
                    domain::Benefit::AmountPerLine(sum) => $types::Benefit::AmountPerLine(sum),
                    domain::Benefit::UnitPrice(price) => $types::Benefit::UnitPrice(price),
                },
                threshold: $item
                    .threshold
                    .map(|tier| $types::Threshold { sum: tier.sum, exclusive: tier.exclusive }),
                min_units: $item.min_units,
                min_sum: $item.min_sum,
                max_units: limits.max_units,
                unit_multiple: limits.unit_multiple,
                cap: limits.cap,
                extras: $hold(extras),
                $($field: $value),+
            }
        }

        fn extra(&(parameter, value): &(u32, i64)) -> $types::Extra {
            $types::Extra { parameter, value }
        }

        pub(super) fn fact(fact: &domain::Fact) -> $types::Fact<'_> {
            $types::Fact {
                need: fact.need,
                line: fact.line,
                value: match &fact.value {
                    domain::FactValue::Number(number) => $types::FactValue::Number(*number),
                    domain::FactValue::Text(text) => $types::FactValue::Text($hold(text.as_str())),
                },
            }
        }

        fn phase(phase: domain::Phase) -> $types::Phase {
            match phase {
                domain::Phase::Discount => $types::Phase::Discount,
                domain::Phase::Accrual => $types::Phase::Accrual,
            }
        }

        fn pick(pick: domain::Pick) -> $types::Pick {
            match pick {
                domain::Pick::Listed => $types::Pick::Listed,
                domain::Pick::Cheapest => $types::Pick::Cheapest,
                domain::Pick::Dearest => $types::Pick::Dearest,
            }
        }
    };
}

/// Defines `with_offers` and `with_offer` beside [`convert_calls!`](crate::convert_calls), for types
/// that borrow. All items of a call lie in one list, and all extras in another, which the offers borrow
/// from: a call allocates as often for a thousand offers as for one.
macro_rules! lend_offers {
    (types: $types:ident $(,)?) => {
        use $crate::abi::call::Remaining;

        /// Passes `offers` to `use_them` in the types of the contract.
        pub(super) fn with_offers<R>(
            offers: &[domain::OfferCall],
            use_them: impl FnOnce(&[$types::Offer<'_>]) -> R,
        ) -> R {
            let extras: Vec<$types::Extra> = offers.iter().flat_map(extras).collect();
            let mut extras = Remaining(&extras);
            let mut own_extras = Vec::with_capacity(offers.len());
            let mut items = Vec::with_capacity(offers.iter().map(|offer| offer.items.len()).sum());
            for offer in offers {
                own_extras.push(extras.take(offer.extras.len()));
                items.extend(offer.items.iter().map(|each| item(each, extras.take(each.extras.len()))));
            }
            let mut items = Remaining(&items);
            let lent: Vec<$types::Offer<'_>> = offers
                .iter()
                .zip(own_extras)
                .map(|(offer, extras)| $types::Offer {
                    id: offer.id,
                    items: items.take(offer.items.len()),
                    extras,
                    params: offer.params.as_deref(),
                })
                .collect();
            use_them(&lent)
        }

        /// Passes one offer to `use_it` in the types of the contract.
        pub(super) fn with_offer<R>(
            offer: &domain::OfferCall,
            use_it: impl FnOnce($types::Offer<'_>) -> R,
        ) -> R {
            let all_extras: Vec<$types::Extra> = extras(offer).collect();
            let mut extras = Remaining(&all_extras);
            let own_extras = extras.take(offer.extras.len());
            let items: Vec<$types::Item<'_>> =
                offer.items.iter().map(|each| item(each, extras.take(each.extras.len()))).collect();
            let params = offer.params.as_deref();
            use_it($types::Offer { id: offer.id, items: &items, extras: own_extras, params })
        }

        /// The extras of an offer, then those of its items, in order.
        fn extras(offer: &domain::OfferCall) -> impl Iterator<Item = $types::Extra> {
            let of_items = offer.items.iter().flat_map(|item| &item.extras);
            offer.extras.iter().chain(of_items).map(extra)
        }
    };
}

pub(super) use lend_offers;
