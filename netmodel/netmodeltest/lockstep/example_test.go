package lockstep_test

import (
	"fmt"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/profiles"
)

// A case is one line. A host that keeps its backlog differs from a model whose further
// listen changes the backlog.
func ExampleCase_Run() {
	c, err := lockstep.ParseCase("wsp descriptors=4: listen(2) syn(a) syn(b) ack(a) listen(1) accept")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Run(lockstep.NewHost))
	fmt.Println(c.Run(func(p netmodel.Profile, descriptors int) lockstep.System {
		p.Relisten = netmodel.RelistenKeeps
		return lockstep.NewHost(p, descriptors)
	}))
	// Output:
	// <nil>
	// operation 5, listen(1): sent: got [], want [b RST]; queue: got [a (b)], want [a]; limit: got 2, want 1
}

// A search over all profiles, and the marks that it has not seen.
func ExampleSwarm_Run() {
	report := lockstep.Swarm{Seed: 1}.Run(lockstep.MinimumOps/10, nil)
	fmt.Println("failure:", report.Failure != nil)
	fmt.Println("never seen:", report.Missing())
	// Output:
	// failure: false
	// never seen: []
}

// The states of two clients and one listen: within four operations, and all.
func ExampleWorld_Explore() {
	w := lockstep.World{
		Profile:  profiles.WSP(),
		Attempts: 2,
		Backlogs: []int{1},
		Listens:  1,
		Accepts:  []lockstep.Op{{Kind: lockstep.Accept}},
		Kinds:    []lockstep.Kind{lockstep.Ack},
	}
	fmt.Println(w.Explore(4))
	fmt.Println(w.Explore(0))
	// Output:
	// 13 states, 23 edges, depth 4, complete false <nil>
	// 18 states, 43 edges, depth 7, complete true <nil>
}
