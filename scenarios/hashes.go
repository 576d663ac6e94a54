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
	"overflow wsp ecbe275d74cdf070\n" +
	"overflow windows 9998b333a86f1066\n" +
	"backlog-of-one wsp c8d0ecbb8ff6e15e\n" +
	"backlog-of-one winsock11 c8d0ecbb8ff6e15e\n" +
	"illegal-backlogs wsp 403e11b5be4a00fc\n" +
	"illegal-backlogs windowsce3 4e224242c13425e6\n" +
	"illegal-backlogs windows c096159d25f44e00\n" +
	"somaxconn wsp 51ff133331fa2a04\n" +
	"somaxconn windows dd7cfef525969293\n" +
	"somaxconn winsock11 5dc2a13e9ee679a1\n" +
	"late-success windows eaa1ccee682953aa\n" +
	"late-success wsp 7ca7aa8f0c1673af\n" +
	"relisten-smaller wsp 02d4cfc5b9e65feb\n" +
	"relisten-smaller windows 8a105adbabd4dee5\n" +
	"relisten-larger wsp 6744345ba54f0777\n" +
	"gives-up-queued wsp 0853d736f3312d8a\n" +
	"gives-up-queued windows 36896a73a0e5d135\n" +
	"close-full wsp 5e7b635d6efd1ccb\n" +
	"condition-function wsp e4db96b77380703d\n" +
	"condition-function windows 4707f949afe9d242\n" +
	"conditional-accept wsp f79fee71381f04c9\n" +
	"paused wsp 51f68db878fe24db\n" +
	"two-listeners wsp 8b75acdd8bf0038b\n" +
	"two-listeners windows 7d8d51b3b61bd75e\n" +
	"delayed-address-in-use wsp 809b356a6f62d632\n" +
	"delayed-address-in-use windows 6272e576d8b24e57\n" +
	"descriptors wsp b7c01620260e2986\n" +
	"emfile-loop wsp ac4cd3e311ccf372\n" +
	"faults wsp 712b6aff43a7de08\n" +
	"burst wsp eea1e032d704caae\n" +
	"burst windows 99bbd84178cd303a\n" +
	"half-open-flood wsp 673e66f12735086e\n" +
	"impatient wsp 74b3958ca27d65e9\n" +
	"impatient windows 4da98442ab5ffc6b\n" +
	"lossy-link wsp 300a96403443d780\n" +
	"lossy-link windows 2d488015f421724b\n" +
	"cut-link wsp cfd1efcba6cf5c41\n" +
	"recorded wsp e32bb4890a48419f\n" +
	"recorded windows e2a13d06cbc66946\n"
