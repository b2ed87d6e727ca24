//! The port to mechanics: what the pipeline asks of a rule, and what a rule may answer.
//!
//! The types mirror the WIT contract in `wit/`; its comments are the reference. The sandbox
//! (`engine`) implements the port with Wasm components; tests and benchmarks implement it with the
//! very same rules linked natively.

use crate::quantities::Percent;
use crate::time::LocalTime;

/// Number of a mechanic in one plan: an index of [`crate::plan::Plan::mechanics`].
pub type MechanicId = usize;

/// Which kind of reward is being worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Money off the price.
    Discount,
    /// Points earned.
    Accrual,
}

impl Phase {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::Accrual => "accrual",
        }
    }
}

/// What an item of an offer is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// One product.
    Product,
    /// A category with its descendants.
    Category,
    /// A product group.
    Group,
    /// The receipt as a whole.
    Receipt,
}

/// The unit in which a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Minor units of the currency.
    Money,
    /// The smallest step of points.
    Points,
    /// Thousandths.
    Quantity,
    /// Hundredths of a percent.
    Percent,
    /// A whole number.
    Count,
    /// 1 or 0.
    Boolean,
}

/// Where a parameter of a mechanic's own stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterPlace {
    /// Beside `items`.
    Offer,
    /// In each of the `items`.
    Item,
}

/// A parameter beyond the common ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Where it stands.
    pub place: ParameterPlace,
    /// Its JSON key.
    pub name: String,
    /// How it is read.
    pub unit: Unit,
}

/// Where a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactSource {
    /// An attribute of each line's product.
    Product,
    /// An attribute of the receipt.
    Receipt,
    /// An attribute of the member.
    Member,
}

/// A fact that a mechanic asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Where it comes from.
    pub source: FactSource,
    /// The name of the attribute.
    pub name: String,
}

/// Why a reward was given: an id and its texts by language tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What proposals refer to.
    pub id: u32,
    /// Language tag and text.
    pub texts: Vec<(String, String)>,
}

/// What a mechanic says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its semantic version.
    pub version: String,
    /// The phases it takes part in.
    pub phases: Vec<Phase>,
    /// JSON Schema of an offer's parameters.
    pub params_schema: String,
    /// What its items may be aimed at.
    pub targets: Vec<TargetKind>,
    /// Parameters of its own.
    pub parameters: Vec<Parameter>,
    /// Facts it wants.
    pub needs: Vec<Need>,
    /// Whether it wants the parameters as JSON text at every call.
    pub wants_params_text: bool,
    /// Why it rewards.
    pub reasons: Vec<Reason>,
}

/// What a line, or a part of it, is worth. Sums are money or points, by phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benefit {
    /// A percentage of the base.
    Percent(Percent),
    /// A sum spread over the lines.
    Amount(i64),
    /// A sum for every unit.
    AmountPerUnit(i64),
    /// A sum for every line.
    AmountPerLine(i64),
    /// The unit costs this instead; money.
    UnitPrice(i64),
}

/// Which units come first when a limit leaves some out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pick {
    /// As listed.
    #[default]
    Listed,
    /// Those that cost least.
    Cheapest,
    /// Those that cost most.
    Dearest,
}

/// The lines an item speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    WholeReceipt,
    /// These indexes of [`ReceiptCall::lines`], ascending.
    Lines(Vec<u32>),
}

/// The sum from which a tier applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Money, minor units.
    pub sum: i64,
    /// `>` instead of `>=`.
    pub exclusive: bool,
}

/// How much of the lines is rewarded, and how much at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnitLimits {
    /// Most quantity, in thousandths.
    pub max_units: Option<i64>,
    /// Only whole sets of this quantity, in thousandths.
    pub unit_multiple: Option<i64>,
    /// What comes first; as listed if nothing is said.
    pub pick: Option<Pick>,
    /// Most reward; money or points, by phase.
    pub cap: Option<i64>,
}

/// One item of an offer, resolved for one receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemCall {
    /// What it is aimed at.
    pub target_kind: TargetKind,
    /// The number of the target; zero for the receipt or if unknown.
    pub target: u32,
    /// Its own lines.
    pub scope: Scope,
    /// What it is to give.
    pub reward: Phase,
    /// How much it gives.
    pub benefit: Benefit,
    /// Its tier.
    pub threshold: Option<Threshold>,
    /// Least quantity on its own lines, in thousandths.
    pub min_units: Option<i64>,
    /// Least sum on its own lines, in minor units.
    pub min_sum: Option<i64>,
    /// Limits.
    pub limits: UnitLimits,
    /// Index in [`Description::parameters`], and value.
    pub extras: Vec<(u32, i64)>,
}

/// One offer in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferCall {
    /// The host's number of the offer.
    pub id: u32,
    /// The items that concern the phase.
    pub items: Vec<ItemCall>,
    /// Index in [`Description::parameters`], and value.
    pub extras: Vec<(u32, i64)>,
    /// The parameters as JSON text, if asked for.
    pub params: Option<String>,
}

/// One line of the receipt as a mechanic sees it; units as in the WIT contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented once, in the WIT contract")]
pub struct LineCall {
    pub position: u32,
    pub product: u32,
    pub category: u32,
    pub quantity: i64,
    pub price: i64,
    pub gross: i64,
    pub amount: i64,
    pub net: i64,
    pub cash: i64,
    pub rewardable: bool,
    pub counts: bool,
}

/// The lines of a receipt in columns, by ascending position, as the WIT contract has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "documented once, in the WIT contract")]
pub struct LineColumns {
    pub position: Vec<u32>,
    pub product: Vec<u32>,
    pub category: Vec<u32>,
    pub quantity: Vec<i64>,
    pub price: Vec<i64>,
    pub gross: Vec<i64>,
    pub amount: Vec<i64>,
    pub net: Vec<i64>,
    pub cash: Vec<i64>,
    pub rewardable: Vec<u8>,
    pub counts: Vec<u8>,
}

impl LineColumns {
    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.position.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.position.is_empty()
    }

    fn with_capacity(lines: usize) -> Self {
        Self {
            position: Vec::with_capacity(lines),
            product: Vec::with_capacity(lines),
            category: Vec::with_capacity(lines),
            quantity: Vec::with_capacity(lines),
            price: Vec::with_capacity(lines),
            gross: Vec::with_capacity(lines),
            amount: Vec::with_capacity(lines),
            net: Vec::with_capacity(lines),
            cash: Vec::with_capacity(lines),
            rewardable: Vec::with_capacity(lines),
            counts: Vec::with_capacity(lines),
        }
    }

    fn push(&mut self, line: &LineCall) {
        self.position.push(line.position);
        self.product.push(line.product);
        self.category.push(line.category);
        self.quantity.push(line.quantity);
        self.price.push(line.price);
        self.gross.push(line.gross);
        self.amount.push(line.amount);
        self.net.push(line.net);
        self.cash.push(line.cash);
        self.rewardable.push(line.rewardable.into());
        self.counts.push(line.counts.into());
    }
}

impl FromIterator<LineCall> for LineColumns {
    fn from_iter<I: IntoIterator<Item = LineCall>>(lines: I) -> Self {
        let lines = lines.into_iter();
        let mut columns = Self::with_capacity(lines.size_hint().0);
        lines.for_each(|line| columns.push(&line));
        columns
    }
}

/// The receipt as a mechanic sees it, in one phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptCall {
    /// The phase.
    pub phase: Phase,
    /// Digits after the point of money.
    pub money_exponent: u32,
    /// Digits after the point of points.
    pub points_exponent: u32,
    /// The store's clock.
    pub time: LocalTime,
    /// Whether a member was identified.
    pub has_member: bool,
    /// The lines.
    pub lines: LineColumns,
}

/// A fact that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Index in [`Description::needs`].
    pub need: u32,
    /// The line, if it comes from a product.
    pub line: Option<u32>,
    /// Its value.
    pub value: FactValue,
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// A whole number.
    Number(i64),
    /// Anything else.
    Text(String),
}

/// A line, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Index in [`ReceiptCall::lines`].
    pub line: u32,
    /// How much of it, in thousandths; the whole line if absent.
    pub quantity: Option<i64>,
}

/// What a proposal rewards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Portions {
    /// The scope of its item.
    ItemScope,
    /// These, in this order.
    Listed(Vec<Portion>),
}

/// A reward that a mechanic would like to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The item it comes from.
    pub item: Option<u32>,
    /// The lines.
    pub portions: Portions,
    /// The value.
    pub benefit: Benefit,
    /// Limits over all portions.
    pub limits: UnitLimits,
    /// A [`Reason::id`].
    pub reason: u32,
}

/// Why an offer proposes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// None of its lines is here.
    NoMatchingLine,
    /// A sum or quantity was not reached.
    BelowThreshold,
    /// A condition of the mechanic's own.
    NotApplicable,
}

/// The answer for one offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Rewards it would like to see.
    Proposals(Vec<Proposal>),
    /// None, and why.
    Declined(Declined),
    /// A failure in good order.
    Failed {
        /// Short and stable.
        code: String,
        /// For people.
        detail: String,
    },
}

/// Something wrong with an offer's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamsProblem {
    /// JSON Pointer into the parameters.
    pub pointer: String,
    /// Short and stable.
    pub code: String,
    /// For people.
    pub detail: String,
}

/// How a call to a mechanic ended; the names are those of the answer's `mechanics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It answered.
    Ok,
    /// It crashed.
    Trap,
    /// It used more instructions than allowed.
    OutOfFuel,
    /// It asked for more memory than allowed.
    OutOfMemory,
    /// It ran longer than allowed by the wall clock.
    Deadline,
    /// It answered what makes no sense, or too much.
    BadOutput,
    /// It is not loaded, or switched off.
    Disabled,
}

impl Outcome {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Trap => "trap",
            Self::OutOfFuel => "out_of_fuel",
            Self::OutOfMemory => "out_of_memory",
            Self::Deadline => "deadline",
            Self::BadOutput => "bad_output",
            Self::Disabled => "disabled",
        }
    }
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The mechanic's author.
    Mechanic,
    /// The host's operator.
    Host,
}

impl Blame {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mechanic => "mechanic",
            Self::Host => "host",
        }
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How; never [`Outcome::Ok`].
    pub outcome: Outcome,
    /// Whose fault.
    pub blame: Blame,
    /// For people: which limit, with numbers.
    pub detail: String,
    /// Fuel used until then.
    pub fuel: u64,
}

/// A call that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// One verdict for each offer of the batch.
    pub verdicts: Vec<Verdict>,
    /// Fuel used.
    pub fuel: u64,
}

/// A set of mechanics, able to price receipts.
pub trait Mechanics: Send + Sync {
    /// Starts one receipt. Nothing of one session is visible in another.
    fn open(&self) -> Box<dyn Session + '_>;
}

/// The mechanics at work on one receipt.
pub trait Session {
    /// Sets the receipt, as it stands in one phase, for the calls that follow.
    fn begin_phase(&mut self, receipt: &ReceiptCall);

    /// Asks one mechanic about all its offers at the same time. After a fault the next call of
    /// the same mechanic starts afresh.
    fn evaluate(
        &mut self,
        mechanic: MechanicId,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Evaluated, Fault>;
}
