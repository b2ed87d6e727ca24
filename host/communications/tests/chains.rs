//! Chains: what is refused, what each step does, when waits end, and the recipes.

#[cfg(test)]
#[path = "chains"]
mod cases {
    mod check;
    mod effects;
    mod entry;
    mod recipes;
    mod shop;
    mod steps;
    mod waits;
}
