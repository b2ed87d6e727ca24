//! The champion of a run as a component for the till.

use causal::{Learner, Nuisances, Propensity, Trainers};
use choose::{Entrant, Model, Spending, field};
use experiment::champion::Champion;
use experiment::input::config::Config;
use experiment::input::encoded;
use experiment::input::rows::Rows;
use trees::{Booster, Feature};

use crate::lab::{CONFIG, Lab, QUICK, Ran, run};

/// The rows of a lab, and what their models are trained by.
struct School {
    experiment: causal::Experiment,
    features: Vec<Feature>,
    rows: Rows,
    config: Config,
}

impl School {
    fn new(lab: &Lab) -> Self {
        let (config, _) = Config::read(&lab.path("config.toml")).unwrap();
        let mut rows = Rows::read(&lab.path("data.csv"), &config).unwrap();
        let features = encoded::features(&rows.features);
        let experiment = causal::Experiment {
            bins: encoded::bins(&features, &rows.features).unwrap(),
            arm: std::mem::take(&mut rows.arm),
            arms: rows.arms.clone(),
            outcome: std::mem::take(&mut rows.outcome),
            scale: rows.scale,
            propensity: Propensity::PerArm(vec![500_000, 500_000]),
            cluster: rows.members.clone(),
        };
        Self { experiment, features, rows, config }
    }

    /// The file of a competitor that has won.
    fn champion(&self, entrant: &Entrant) -> Vec<u8> {
        let (outcome, effect) = (Booster(self.config.outcome_trees(1)), Booster(self.config.effect_trees(1)));
        let all: Vec<u32> = (0_u32..).take(self.experiment.rows()).collect();
        let nuisances = Nuisances::fit(&self.experiment, &all, &outcome, 1).unwrap();
        let costs = [0.0, 0.01];
        let trainers = Trainers { outcome: &outcome, effect: &effect };
        let plan = Spending { costs: &costs, budget: None, seed: 1 };
        let model = Model::train(entrant, &self.experiment, &all, trainers, &nuisances, &plan).unwrap();
        let champion = Champion::of(&model, &self.experiment.arms, &costs, &self.rows.plans, &self.features);
        champion.unwrap().to_bytes().unwrap()
    }
}

/// A lab with a run in the folder `run`.
fn lab() -> (Lab, School) {
    let lab = Lab::with(6000, (25, -20), QUICK);
    assert_eq!(lab.experiment("run", &[]).code, 0);
    let school = School::new(&lab);
    (lab, school)
}

fn build(lab: &Lab, model: &str, more: &[&str]) -> Ran {
    let (model, out) = (lab.text(model), lab.text("out.wasm"));
    let mut arguments = vec!["build-mechanic", &model, "--name", "spring-levels", "-o", &out];
    arguments.extend(more);
    run(&arguments)
}

#[test]
fn every_competitor_that_decides_can_be_built_and_the_others_say_what_to_run() {
    let (lab, school) = lab();
    for entrant in field(&school.experiment.arms, None) {
        lab.write("run/champion.json", school.champion(&entrant));
        let built = build(&lab, "run", &[]);
        let said = format!("{}: {}{}", entrant.name, built.output, built.errors);
        if !entrant.is_model() {
            let nobody = entrant.learner == Learner::Nobody;
            let expected = if nobody { "nothing to run" } else { "gives \"mail\" to everybody" };
            assert!(built.code == 2 && built.errors.contains(expected), "{said}");
            assert!(!lab.path("out.wasm").exists(), "{said}");
            continue;
        }
        assert_eq!(built.code, 0, "{said}");
        let has_forests = matches!(entrant.learner, Learner::R | Learner::Dr | Learner::TransformedOutcome);
        assert_eq!(built.output.contains("a student stands in"), !has_forests, "{said}");
        assert!(built.output.contains("level 1 is \"mail\""), "{said}");
        let first = lab.read("out.wasm");
        assert!(first.starts_with(b"\0asm") && first.len() < 400 * 1024, "{said}");
        assert_eq!(build(&lab, "run", &[]).code, 0);
        assert!(lab.read("out.wasm") == first, "the same champion, the same bytes: {said}");
        std::fs::remove_file(lab.path("out.wasm")).unwrap();
    }
}

/// The competitor with this name.
fn entrant(school: &School, name: &str) -> Entrant {
    field(&school.experiment.arms, None).into_iter().find(|entrant| entrant.name == name).unwrap()
}

#[test]
fn it_is_said_what_the_mechanic_asks_for_and_what_the_unknown_get() {
    let (lab, school) = lab();
    lab.write("run/champion.json", school.champion(&entrant(&school, "dr")));
    let built = build(&lab, "run", &["--constant", "mail"]);
    assert_eq!(built.code, 0, "{}", built.errors);
    for said in [
        "the member's attribute \"region = north\", 1 or 0",
        "members of whom nothing is known get \"mail\"",
        "level 1 is \"mail\"",
    ] {
        assert!(built.output.contains(said), "{said}: {}", built.output);
    }
    let nothing = build(&lab, "run", &["--constant", "none"]);
    assert!(nothing.output.contains("nothing is known get nothing"), "{}", nothing.output);
    let constant = lab.json("run/leaderboard.json")["choice"]["best_constant"].as_str().unwrap().to_owned();
    let expected = constant.strip_prefix("always ").map_or("nothing".to_owned(), |arm| format!("\"{arm}\""));
    let usual = build(&lab, "run", &[]).output;
    assert!(usual.contains(&format!("nothing is known get {expected}")), "{usual}");
}

#[test]
fn what_cannot_be_built_is_refused_with_what_to_do() {
    let (lab, school) = lab();
    let refused = |model: &str, more: &[&str], said: &str| {
        let built = build(&lab, model, more);
        assert!(built.code == 2 && built.errors.contains(said), "{said}: {} {}", built.output, built.errors);
        assert!(!lab.path("out.wasm").exists());
    };
    let whole = school.champion(&entrant(&school, "t"));
    lab.write("run/champion.json", &whole);
    lab.write("alone.json", &whole);
    refused("alone.json", &[], "give the folder of the run instead of the file");
    refused("run", &["--constant", "mails"], "\"mails\" is no arm of");
    refused("run", &["--constant", "mails"], "did you mean \"mail\"?");
    refused("run", &["--data", &lab.text("config.toml")], "config.toml");
    refused("run", &["--version", "1.0"], "no version");
    for place in [0, 30, 100, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        lab.write("run/champion.json", flipped);
        refused("run", &[], "is damaged");
    }
    lab.write("run/champion.json", &whole);
    let data = lab.read("data.csv");
    lab.write("data.csv", [data.as_slice(), b"9999999,mail,1,30,north,1.00,n1\n"].concat());
    refused("run", &[], "is not the file that the run was made with");
}

#[test]
fn a_feature_that_the_till_does_not_know_is_named() {
    let lab = Lab::new();
    let renamed = |text: String| text.replace("age", "till.rain");
    lab.write("data.csv", renamed(crate::lab::rows(6000, (25, -20)).join("\n")) + "\n");
    lab.write("config.toml", renamed(format!("{CONFIG}{QUICK}")));
    assert_eq!(lab.experiment("run", &[]).code, 0);
    let school = School::new(&lab);
    lab.write("run/champion.json", school.champion(&entrant(&school, "dr")));
    let built = build(&lab, "run", &[]);
    assert_eq!(built.code, 2, "{}", built.output);
    assert!(
        built.errors.contains("the till does not know `till.rain`; it knows till.hour"),
        "{}",
        built.errors
    );
}
