//! The files of an advice.

use ::channel::{Known, Worth};
use serde_json::{Value, json};

use super::advise::Advised;
use super::judge::Judged;
use super::members::Members;
use super::sends::{BETWEEN, Sends};
use super::{Arguments, NONE};
use crate::output::{Files, json as file};

/// Everything that was found.
pub(super) struct Found<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) sends: &'a Sends,
    pub(super) members: &'a Members,
    pub(super) known: &'a Known,
    pub(super) judged: &'a Judged,
    pub(super) advised: Vec<Advised>,
}

impl Found<'_> {
    /// Adds the files.
    pub(super) fn write(&self, files: &mut Files) -> anyhow::Result<()> {
        files.add("attribute.ndjson", self.attribute());
        files.add("advice.csv", self.advice()?);
        files.add("segments.csv", self.segments()?);
        files.add("summary.json", file(&self.summary())?);
        Ok(())
    }

    fn channel(&self, channel: Option<usize>) -> &str {
        channel.and_then(|channel| self.sends.channels.get(channel)).map_or(NONE, String::as_str)
    }

    fn rows(&self) -> impl Iterator<Item = (&str, &Advised)> {
        self.members.names.iter().map(String::as_str).zip(&self.advised)
    }

    /// Rows of `POST /v1/attributes/imports`.
    fn attribute(&self) -> Vec<u8> {
        let mut text = String::new();
        for (member, advised) in self.rows() {
            let row = json!({
                "identifier_kind": "member", "identifier": member, "attribute": self.arguments.attribute,
                "value": self.channel(advised.channel),
            });
            text += &format!("{row}\n");
        }
        text.into_bytes()
    }

    fn advice(&self) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record([
            "member",
            "segment",
            "channel",
            "propensity",
            "drawn_from",
            "net",
            "net_error",
            "why",
        ])?;
        let segment = |place: &u16| self.members.segments.get(usize::from(*place)).map_or("", String::as_str);
        for ((member, advised), place) in self.rows().zip(&self.members.segment_of) {
            let names = advised.drawn_from.iter().map(|channel| self.channel(*channel)).collect::<Vec<_>>();
            let money = |pick: fn((f64, f64)) -> f64| {
                advised.net.map(|net| format!("{:.4}", pick(net))).unwrap_or_default()
            };
            writer.write_record([
                member,
                segment(place),
                self.channel(advised.channel),
                &format!("{}.{:06}", advised.propensity / 1_000_000, advised.propensity % 1_000_000),
                &names.join(&BETWEEN.to_string()),
                &money(|(net, _)| net),
                &money(|(_, error)| error),
                &advised.why,
            ])?;
        }
        Ok(writer.into_inner()?)
    }

    /// What each channel is worth in each segment, for a member of whom nothing else is known.
    fn segments(&self) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record([
            "segment",
            "channel",
            "messages",
            "delivered",
            "opened",
            "clicked",
            "answers",
            "unsubscribed",
            "rate",
            "answer_worth",
            "cost",
            "unsubscribe_rate",
            "net",
            "net_error",
            "best",
        ])?;
        let channels: Vec<usize> = (0..self.sends.channels.len()).collect();
        for (segment, name) in self.members.segments.iter().enumerate() {
            let Ok(advice) = self.known.segment(segment, &channels) else { continue };
            let best = advice.channel.and_then(|place| advice.estimates.get(place));
            for estimate in &advice.estimates {
                let channel = channels.iter().find(|channel| self.channel(Some(**channel)) == estimate.name);
                let worth = channel.and_then(|channel| self.known.worth(segment, *channel));
                let Some(Worth { total, unsubscribe_rate, .. }) = worth else { continue };
                let counts = [
                    total.sends,
                    total.delivered,
                    total.opened,
                    total.clicked,
                    total.answers,
                    total.unsubscribed,
                ];
                let figures = [
                    estimate.rate,
                    self.known.answer(segment),
                    estimate.cost,
                    *unsubscribe_rate,
                    estimate.net,
                    estimate.error,
                ];
                let is_best = best.is_some_and(|best| best.name == estimate.name);
                let row = [name.clone(), estimate.name.clone()]
                    .into_iter()
                    .chain(counts.map(|count| count.to_string()))
                    .chain(figures.map(|figure| format!("{figure:.6}")))
                    .chain([u8::from(is_best).to_string()]);
                writer.write_record(row.collect::<Vec<_>>())?;
            }
        }
        Ok(writer.into_inner()?)
    }

    /// Members by channel, those without a message last.
    fn counts(&self) -> Vec<(&str, usize)> {
        let places = (0..self.sends.channels.len()).map(Some).filter(|place| self.channel(*place) != NONE);
        let count =
            |place: Option<usize>| self.advised.iter().filter(|advised| advised.channel == place).count();
        places.chain([None]).map(|place| (self.channel(place), count(place))).collect()
    }

    fn drawn(&self) -> usize {
        self.advised.iter().filter(|advised| !advised.drawn_from.is_empty()).count()
    }

    fn summary(&self) -> Value {
        let input = |file: &str, sha256: &str| json!({"file": file, "sha256": sha256});
        let (method, random) = match self.judged {
            Judged::Champion(champion) => {
                ("experiment", json!({"champion": champion.name, "verdict": champion.sentence}))
            }
            Judged::TooFew(counts) => {
                let counts = counts.iter().map(|(name, count)| json!({"channel": name, "messages": count}));
                (
                    "empirical Bayes",
                    json!({"messages": counts.collect::<Vec<_>>(), "needed": self.arguments.least}),
                )
            }
        };
        let counts =
            self.counts().into_iter().map(|(name, count)| json!({"channel": name, "members": count}));
        json!({
            "sends": input(&self.sends.file, &self.sends.sha256),
            "members": self.members.file.as_ref().map(|(file, sha256)| input(file, sha256)),
            "messages": self.sends.all.len(),
            "campaigns": self.sends.campaigns,
            "left_out": {"members_not_in_the_file": self.members.strangers()},
            "method": method,
            "random": random,
            "advised": counts.collect::<Vec<_>>(),
            "by_chance": self.drawn(),
            "explore_percent": self.arguments.explore,
            "margin": self.arguments.margin,
            "lifetime": self.arguments.lifetime,
            "salt": self.arguments.salt,
        })
    }

    /// The whole in a few words.
    pub(super) fn sentence(&self) -> String {
        let counts = self.counts().into_iter().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(name, count)| match name {
                NONE => format!("{count} no message"),
                name => format!("{count} {name}"),
            })
            .collect();
        let how = match self.judged {
            Judged::Champion(champion) => format!("By an experiment: {}", champion.sentence),
            Judged::TooFew(counts) if counts.is_empty() => {
                "By what members answered; no message was sent on a random channel.".to_owned()
            }
            Judged::TooFew(counts) => {
                let counts: Vec<String> =
                    counts.iter().map(|(name, count)| format!("{count} on {name}")).collect();
                format!(
                    "By what members answered: of the {} messages on random channels that an experiment needs on each, there \
                     are {}.",
                    self.arguments.least,
                    counts.join(", ")
                )
            }
        };
        format!(
            "{} members: {}; {} of them by chance. {how}",
            self.advised.len(),
            counts.join(", "),
            self.drawn()
        )
    }
}
