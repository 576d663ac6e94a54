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
	"overflow wsp be4395cc594464a8\n" +
	"overflow windows bbf3859b05c06ed6\n" +
	"backlog-of-one wsp 813bddef229de52b\n" +
	"backlog-of-one winsock11 813bddef229de52b\n" +
	"illegal-backlogs wsp 96d556556f73c3f5\n" +
	"illegal-backlogs windowsce3 71b33894192639a3\n" +
	"illegal-backlogs windows ce8d35ae6a219330\n" +
	"somaxconn wsp 33e6b28db19a0ef3\n" +
	"somaxconn windows c498dd39debb42ff\n" +
	"somaxconn winsock11 8088220c99dcdcf3\n" +
	"late-success windows e6adfd073d30657f\n" +
	"late-success wsp ca3023775e93a482\n" +
	"relisten-smaller wsp 57a1c56d42897ea4\n" +
	"relisten-smaller windows 5d73f92a28c2dfbe\n" +
	"relisten-larger wsp afce1c4952fee4c5\n" +
	"gives-up-queued wsp 989a3b06d84bdae9\n" +
	"gives-up-queued windows 9effe0aa8ab4f405\n" +
	"close-full wsp 71d2a566bab31152\n" +
	"condition-function wsp 13e87909caf83932\n" +
	"condition-function windows 5885c55ea94f3456\n" +
	"conditional-accept wsp df8c954864be215b\n" +
	"paused wsp 29cc1e8fbb362d59\n" +
	"two-listeners wsp b79a643a458af564\n" +
	"two-listeners windows d0e1992ae73048ce\n" +
	"delayed-address-in-use wsp 260464b7f9da5601\n" +
	"delayed-address-in-use windows 9342495221df7725\n" +
	"descriptors wsp b003b38fde5c6d8d\n" +
	"emfile-loop wsp df10c29f25802e32\n" +
	"burst wsp 497c03cdc16e6328\n" +
	"burst windows c4bbb4187d6a68d4\n" +
	"half-open-flood wsp 4905f657b1ee424e\n" +
	"impatient wsp 1129a4351e25aeca\n" +
	"impatient windows 01c3c12dcc359096\n" +
	"lossy-link wsp 61ef5dd782a5e4bc\n" +
	"lossy-link windows 7de4faceb65bd188\n" +
	"recorded wsp 4bb37965e8c195db\n" +
	"recorded windows 0aec8858dae2d19a\n"
