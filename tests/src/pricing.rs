//! A store in memory: a plan file's plan and members, ready to price receipts.

use std::sync::Arc;

use domain::mechanics::Mechanics;
use domain::member::Member;
use domain::plan::Plan;
use domain::pricing::Calculation;
use domain::time::Moment;
use domain::usage::Usage;
use serde_json::Value;
use wire::member::MemberRecord;
use wire::plan::{BuiltPlan, load};
use wire::price_receipt;
use wire::problem::Problems;
use wire::receipt::{ReadReceipt, Request};

use crate::builtins::Builtins;
use crate::native::NativeMechanics;

/// A loaded plan file.
pub struct Store {
    plan: BuiltPlan,
    members: Vec<(MemberRecord, Arc<Member>)>,
    mechanics: Box<dyn Mechanics>,
}

impl Store {
    /// Loads a plan file; its mechanics are linked natively.
    pub fn native(document: &Value) -> Self {
        Self::native_with(document, |native, _| Box::new(native))
    }

    /// Loads a plan file; its mechanics run in the sandbox.
    pub fn sandbox(document: &Value) -> Self {
        Self::load(document, |builtins, _| Box::new(builtins.sandbox.clone()))
    }

    /// Loads a plan file, with mechanics made from those that are linked natively.
    pub fn native_with(
        document: &Value,
        mechanics: impl FnOnce(NativeMechanics, &BuiltPlan) -> Box<dyn Mechanics>,
    ) -> Self {
        Self::load(document, |builtins, plan| mechanics(builtins.native.clone(), plan))
    }

    fn load(document: &Value, mechanics: impl FnOnce(&Builtins, &BuiltPlan) -> Box<dyn Mechanics>) -> Self {
        let builtins = Builtins::get().expect("the built-in mechanics are sound");
        let (plan, members) = load(document, builtins.described.clone())
            .unwrap_or_else(|problems| panic!("the plan is refused: {problems:#?}\n{document:#}"));
        let members = members
            .into_iter()
            .map(|member| {
                let lasting = Arc::new(member.resolve_lasting(&plan));
                (member, lasting)
            })
            .collect();
        let mechanics = mechanics(builtins, &plan);
        Self { plan, members, mechanics }
    }

    /// Prices a receipt: the answer as the till gets it.
    pub fn price(&self, receipt: &Value) -> String {
        self.try_price(receipt)
            .unwrap_or_else(|problems| panic!("the receipt is refused: {problems:#?}\n{receipt:#}"))
    }

    /// Prices a receipt that may be refused.
    pub fn try_price(&self, receipt: &Value) -> Result<String, Problems> {
        let find = |kind: &str, value: &str, at: &Moment| self.find(kind, value, at);
        price_receipt(&self.plan, self.mechanics.as_ref(), find, Request::new("p-1"), receipt)
    }
}

/// A receipt that is read, with everything that it is priced by.
pub struct ReadCalculation<'a> {
    store: &'a Store,
    read: ReadReceipt,
    member: Option<Arc<Member>>,
    usage: Usage,
    offline: bool,
}

impl ReadCalculation<'_> {
    /// The calculation.
    pub fn calculation(&self) -> Calculation<'_> {
        Calculation {
            plan: &self.store.plan.plan,
            mechanics: self.store.mechanics.as_ref(),
            receipt: &self.read.receipt,
            member: self.member.as_deref(),
            usage: &self.usage,
            offline: self.offline,
        }
    }
}

impl Store {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan.plan
    }

    /// Reads a receipt, with the use of limits by other purchases.
    pub fn read(&self, receipt: &Value, usage: Usage, offline: bool) -> ReadCalculation<'_> {
        let request = Request { offline, ..Request::new("p-1") };
        let read = wire::receipt::read(receipt, &self.plan, request).expect("a receipt that can be read");
        let identifier = read.receipt.identifier.as_ref();
        let member = identifier.and_then(|(kind, value)| self.find(kind, value, &read.receipt.at));
        ReadCalculation { store: self, read, member, usage, offline }
    }

    fn find(&self, kind: &str, value: &str, at: &Moment) -> Option<Arc<Member>> {
        let named = |(k, v): &(String, String)| k == kind && v == value;
        let (member, lasting) =
            self.members.iter().find(|(member, _)| member.identifiers.iter().any(named))?;
        Some(member.resolve_again(lasting, &self.plan, at))
    }
}

/// An answer as JSON.
pub fn answer_of(text: &str) -> Value {
    serde_json::from_str(text).expect("an answer is JSON")
}
