package netmodel_test

import (
	"os"
	"regexp"
	"testing"

	"wspsim/netmodel"
)

func TestTheNewestReleaseInTheChangelogIsTheVersionOfTheModel(t *testing.T) {
	changelog, err := os.ReadFile("../CHANGELOG.md")
	if err != nil {
		t.Skipf("the source tree is not here, so there is no changelog to read: %v", err)
	}
	newest := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$`).FindStringSubmatch(string(changelog))
	if newest == nil {
		t.Fatal("CHANGELOG.md has no release: want a line such as ## [0.4.0] - 2026-12-01")
	}
	if newest[1] != netmodel.ModelVersion {
		t.Errorf("the newest release in CHANGELOG.md is %s, and netmodel.ModelVersion is %s: want the same", newest[1], netmodel.ModelVersion)
	}
}
