//! What the words of the report mean.

pub(crate) const WORDS: [(&str, &str); 10] = [
    (
        "value",
        "mean outcome per row less mean cost, if everybody got what the competitor chooses; estimated doubly robustly \
         (AIPW) with the known probabilities of the arms, and outcome models that never saw the row's member",
    ),
    ("95 % interval", "whiskers; bootstrap over members, not over rows"),
    ("best constant", "the best of: nothing to anybody, or one arm for everybody"),
    (
        "at equal spend",
        "against the best arm given to a random share of rows, so that it costs exactly as much as the model: what is \
         left is the merit of choosing whom",
    ),
    (
        "uplift, effect",
        "outcome with the arm less outcome without it, for the same members; not the response rate",
    ),
    ("propensity", "the probability with which the experiment gave a row its arm; known, not estimated"),
    (
        "share in the best 30 %",
        "part of all extra outcome that comes from the 30 % of rows with the largest predicted effect; 30 % = no better \
         than chance. Not given where the arm has no clear effect at all",
    ),
    (
        "Qini value",
        "area between the curve and the straight line of a random order, per row; 0 = no better than chance",
    ),
    (
        "AUTOC",
        "how much larger the effect on the best-scored rows is than on all, averaged over all cuts, with more weight on \
         the top; 0 = no better than chance",
    ),
    (
        "tells the outcome",
        "how well a column alone tells the outcome: AUC for an outcome of 0 and 1 (0.5 = not at all), R² for any other \
         (0 = not at all). A column that tells it almost perfectly was probably measured afterwards",
    ),
];
