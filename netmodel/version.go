package netmodel

// ModelVersion is the version of the model. It changes if the same scenario, profile and
// seed give another trace, or if the same trace has another hash. It is the newest release
// in CHANGELOG.md.
const ModelVersion = "0.4.0"
