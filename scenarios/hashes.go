package scenarios

import (
	"strconv"
	"strings"
)

// KnownHash returns the hash of the run of a scenario of the catalogue under
// one of the profiles that it names, at seed 1, as its golden has it. So a
// program without the goldens at hand can still tell whether a replay is right.
func KnownHash(scenario, profile string) (uint64, bool) {
	for line := range strings.Lines(knownHashes) {
		fields := strings.Fields(line)
		if fields[0] == scenario && fields[1] == profile {
			hash, err := strconv.ParseUint(fields[2], 16, 64)
			return hash, err == nil
		}
	}
	return 0, false
}

// knownHashes has a scenario, a profile and the hash a line. The test of the
// goldens rewrites what follows with -update.
const knownHashes = "" +
	"overflow wsp 9656342a98338093\n" +
	"overflow windows a3c68ebe80b9d223\n" +
	"backlog-of-one wsp ad6ec141e93daa43\n" +
	"backlog-of-one winsock11 ad6ec141e93daa43\n" +
	"illegal-backlogs wsp 96d556556f73c3f5\n" +
	"illegal-backlogs windowsce3 71b33894192639a3\n" +
	"illegal-backlogs windows ce8d35ae6a219330\n" +
	"somaxconn wsp 739f0f9368d3818c\n" +
	"somaxconn windows a661b9cdc68ea241\n" +
	"somaxconn winsock11 693a0b1758409952\n" +
	"late-success windows 88ccb83609797a7b\n" +
	"late-success wsp e70ec9f910bcc91f\n" +
	"relisten-smaller wsp 385906db46e177bf\n" +
	"relisten-smaller windows 9454e37513d92cf1\n" +
	"relisten-larger wsp a2480d66ae9a455e\n" +
	"gives-up-queued wsp c9ec2cc4cf3b6d8f\n" +
	"gives-up-queued windows 079ed3297323e56a\n" +
	"close-full wsp 0ba6e8f9a6c3113e\n" +
	"condition-function wsp 99e97c01d9526d72\n" +
	"condition-function windows 9605a79ee81a2975\n" +
	"conditional-accept wsp 687496213889e0d3\n" +
	"paused wsp 61ab11607cd1536c\n" +
	"two-listeners wsp 1dee79739a4e3e13\n" +
	"two-listeners windows 028cc596f8635039\n" +
	"delayed-address-in-use wsp 5cd0dc254f8ade34\n" +
	"delayed-address-in-use windows d234593d2c0b1b9c\n" +
	"descriptors wsp c34ae91dffd99634\n" +
	"emfile-loop wsp 1a9525ae6580304d\n" +
	"faults wsp 7e6a356801ab304b\n" +
	"burst wsp b73732aa047dddf2\n" +
	"burst windows 4343afa764492e85\n" +
	"half-open-flood wsp ece2331c06637ccc\n" +
	"impatient wsp cd172efe5e81b2dd\n" +
	"impatient windows 44111a550ee6b5a5\n" +
	"lossy-link wsp 5969b00b68a5a0ca\n" +
	"lossy-link windows 14fbab285ea4d936\n" +
	"cut-link wsp 4c8a827c6c69eb29\n" +
	"recorded wsp f02b22a418c0f50f\n" +
	"recorded windows 3bf6f88a3c709d52\n"
