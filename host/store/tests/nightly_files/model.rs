//! Random imports, mergers, purchases and returns, and the balances that they must come to.

use std::collections::BTreeMap;

use store::{
    AttributeValue, MemberProfile, MemberRow, Merge, Merged, Purchase, PurchaseUpdate, Store, TakeBack,
    Written,
};

use crate::databases::{commit, entry};
use crate::purchases::{FOREVER, NOW, calculation, return_of, update};
use crate::{available, import, import_all};

const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Merges two members that are there.
pub(crate) async fn merge(store: &Store, from: &str, into: &str) {
    let begin = |member: &str| format!("[\"member\",\"{member}\",");
    let scopes = (begin(from), begin(into));
    let merge = Merge { from: from.to_owned(), into: into.to_owned(), scopes };
    let nothing = |_: &[AttributeValue], _: &[AttributeValue]| Vec::new();
    let merged = store.merge_members(&merge, &nothing, &entry(NOW)).await.unwrap();
    assert!(matches!(merged, Merged::Done(_)), "{merged:?}");
}

/// Numbers that are the same at every run (xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from + 1).unwrap())).unwrap()
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> Option<&'a str> {
        if of.is_empty() { None } else { Some(of[self.index(of.len())]) }
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }
}

/// Points in the ledger of one id.
#[derive(Debug, Clone, Copy, Default)]
struct Ledger {
    /// By imports.
    imported: i64,
    /// By purchases and returns.
    own: i64,
}

/// A member that is there.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// What the last row of this id said.
    file: i64,
    /// The survivor that it is merged into.
    survivor: Option<&'static str>,
}

/// A purchase that can be returned.
struct Bought {
    id: String,
    owner: &'static str,
    spent: i64,
    earned: i64,
}

/// What must be stored.
#[derive(Default)]
pub(crate) struct Books {
    members: BTreeMap<&'static str, Member>,
    ledgers: BTreeMap<&'static str, Ledger>,
    bought: Vec<Bought>,
    file: Vec<MemberRow>,
    purchases: usize,
}

impl Books {
    /// Does one thing, and says what.
    pub(crate) async fn step(&mut self, store: &Store, random: &mut Random) -> String {
        match random.below(10) {
            0..=2 => self.import(store, random, false).await,
            3 => self.import(store, random, true).await,
            4 => self.same_file(store).await,
            5 | 6 => self.merge(store, random).await,
            7 | 8 => self.buy(store, random).await,
            _ => self.give_back(store, random).await,
        }
    }

    pub(crate) async fn compare(&self, store: &Store, place: &str) {
        for id in self.survivors() {
            let Ledger { imported, own } = self.ledgers.get(id).copied().unwrap_or_default();
            assert_eq!(available(store, id).await, imported + own, "member {id} at {place}");
        }
        let members = i64::try_from(self.members.len()).unwrap();
        assert_eq!(store.member_count().await.unwrap(), members, "{place}");
    }

    fn survivors(&self) -> Vec<&'static str> {
        self.members.iter().filter(|(_, member)| member.survivor.is_none()).map(|(id, _)| *id).collect()
    }

    async fn import(&mut self, store: &Store, random: &mut Random, is_full: bool) -> String {
        let mut file = Vec::new();
        for id in IDS {
            if random.below(2) == 0 {
                continue;
            }
            let points = (random.below(4) > 0).then(|| random.between(-20, 100));
            let identifiers = Some(vec![("card".to_owned(), format!("card of {id}"))]);
            let points_of_row = points.map(|points| (points.to_string(), points));
            let profile = MemberProfile { points: points_of_row, identifiers, ..MemberProfile::default() };
            file.push(MemberRow { id: id.to_owned(), profile: Some(profile), attributes: Vec::new() });
            self.written(id, points);
        }
        if is_full && !file.is_empty() {
            let named: Vec<&str> = file.iter().map(|row| row.id.as_str()).collect();
            self.others_go(&named);
            import_all(store, &file).await;
        } else {
            import(store, &file).await;
        }
        let told = format!("import (full: {is_full}) of {file:?}");
        self.file = file;
        told
    }

    fn written(&mut self, id: &'static str, points: Option<i64>) {
        let booked = self.ledgers.get(id).map_or(0, |ledger| ledger.imported);
        let member = self.members.entry(id).or_insert(Member { file: booked, survivor: None });
        let more = points.map_or(0, |points| points - member.file);
        member.file += more;
        self.ledgers.entry(member.survivor.unwrap_or(id)).or_default().imported += more;
    }

    fn others_go(&mut self, named: &[&str]) {
        let person = |id: &'static str, member: &Member| member.survivor.unwrap_or(id);
        let kept: Vec<&str> = self
            .members
            .iter()
            .filter(|(id, _)| named.contains(*id))
            .map(|(id, member)| person(id, member))
            .collect();
        self.members.retain(|id, member| kept.contains(&person(id, member)));
        for (id, member) in &mut self.members {
            if !named.contains(id) {
                let owner = member.survivor.unwrap_or(id);
                self.ledgers.entry(owner).or_default().imported -= member.file;
                member.file = 0;
            }
        }
    }

    async fn same_file(&mut self, store: &Store) -> String {
        import(store, &self.file).await;
        for row in &self.file.clone() {
            let id = IDS.into_iter().find(|id| *id == row.id).unwrap();
            self.written(id, row.profile.as_ref().unwrap().points.as_ref().map(|(_, points)| *points));
        }
        "the same file again".to_owned()
    }

    async fn merge(&mut self, store: &Store, random: &mut Random) -> String {
        let survivors = self.survivors();
        let (Some(from), Some(into)) = (random.one_of(&survivors), random.one_of(&survivors)) else {
            return "nobody to merge".to_owned();
        };
        if from == into {
            return "nobody to merge".to_owned();
        }
        merge(store, from, into).await;
        for (id, member) in &mut self.members {
            if *id == from || member.survivor == Some(from) {
                member.survivor = Some(into);
            }
        }
        let Ledger { imported, own } = self.ledgers.remove(from).unwrap_or_default();
        let ledger = self.ledgers.entry(into).or_default();
        ledger.imported += imported;
        ledger.own += own;
        for bought in self.bought.iter_mut().filter(|bought| bought.owner == from) {
            bought.owner = into;
        }
        format!("merger of {from} into {into}")
    }

    async fn buy(&mut self, store: &Store, random: &mut Random) -> String {
        let Some(owner) = random.one_of(&self.survivors()) else { return "nobody to buy".to_owned() };
        let Ledger { imported, own } = self.ledgers.get(owner).copied().unwrap_or_default();
        let spent = random.between(0, (imported + own).max(0));
        let earned = random.between(0, 30);
        self.purchases += 1;
        let id = format!("p{}", self.purchases);
        let purchase = Purchase { member_id: Some(owner.to_owned()), ..calculation(&id, spent, earned) };
        assert_eq!(store.put_calculation(&purchase, &[], None, NOW).await.unwrap(), Written::Done);
        assert_eq!(commit(store, &update(&id, 1, "confirmed"), FOREVER).await, Written::Done);
        self.ledgers.entry(owner).or_default().own += earned - spent;
        self.bought.push(Bought { id, owner, spent, earned });
        format!("purchase of {owner}: {spent} spent, {earned} earned")
    }

    async fn give_back(&mut self, store: &Store, random: &mut Random) -> String {
        if self.bought.is_empty() {
            return "nothing to return".to_owned();
        }
        let number = random.index(self.bought.len());
        let Bought { id, owner, spent, earned } = self.bought.swap_remove(number);
        let version = store.purchase(&id).await.unwrap().unwrap().version;
        let returned = return_of(&id, 1, spent, earned);
        assert_eq!(store.put_return(&returned, version, None, NOW).await.unwrap(), Written::Done);
        let confirm: PurchaseUpdate = update(&format!("{id}-r1"), version + 1, "");
        let answer = |_: i64| Ok("returned".to_owned());
        let confirmed = store.confirm_return(&confirm, TakeBack::Negative, &[], &answer).await.unwrap();
        assert_eq!(confirmed, Written::Done);
        self.ledgers.entry(owner).or_default().own += spent - earned;
        format!("return of {id} by {owner}")
    }
}
