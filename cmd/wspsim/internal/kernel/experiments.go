package kernel

import "fmt"

// Experiments returns all experiments, in the order in which to read them.
func Experiments() []Experiment {
	var all []Experiment
	for _, backlog := range []int{-1, 0, 1, 2, 5, 14, 128} {
		name := fmt.Sprintf("fill-%d", backlog)
		if backlog == -1 {
			name = "fill-minus-1"
		}
		what := fmt.Sprintf("listen(%d); %d more connects than fit, one after the other; then accept all", backlog, excess)
		all = append(all, onMachine(name, what, fill(backlog)))
	}
	all = append(all,
		onMachine("relisten-5-2", "listen(5), full; listen(2); accept until there is room again", relistenDown(5, 2)),
		onMachine("relisten-8-0", "listen(8), full; listen(0); accept until there is room again", relistenDown(8, 0)),
		onMachine("relisten-2-8", "listen(2), full, 5 more clients wait; listen(8)", relistenUp),
		onMachine("emfile", "listen(5), 3 pending, no descriptor free: accept, more connects, listen; then close one descriptor", exhausted),
		onMachine("close-listener", "listen(1), 2 pending, 3 more clients wait; close the listener", closeListener),
		onMachine("client-reset", "listen(1), full; a pending client resets; another connects; accept", clientResets),
		onMachine("client-end", "listen(1), full; a pending client closes; another connects; accept", clientEnds),
		onMachine("phantoms", "listen(5), full, 10 more clients wait; accept 3, and when the clients have sent SYN again accept all", phantoms),
		onMachine("reuseport", "two listeners with SO_REUSEPORT and listen(3); 40 connects", reusePort),
		onMachine("defer-accept", "TCP_DEFER_ACCEPT and listen(3); 10 clients connect and send nothing", deferAccept),
	)
	for _, backlog := range []int{0, 1, 2, 5} {
		what := fmt.Sprintf("listen(%d) on a stream socket of AF_UNIX; connect until it fails; accept one; connect", backlog)
		all = append(all, onMachine(fmt.Sprintf("unix-%d", backlog), what, fillUnix(backlog)))
	}
	all = append(all,
		onMachine("no-listener", "connect to a port where nobody listens, before and after listen", noListener),
		onMachine("errnos", "listen, accept and connect on sockets that are in no state for it", errnos),
	)
	return append(all, namespaceExperiments()...)
}

// onMachine is an experiment under the settings of the machine.
func onMachine(name, what string, act func(*script)) Experiment {
	return Experiment{Name: name, What: what, act: act}
}

// inNamespace is an experiment under settings of its own.
func inNamespace(name, what string, own map[string]int, act func(*script)) Experiment {
	return Experiment{Name: name, What: what, NeedsNamespace: true, own: own, act: act}
}

const (
	silent = 12 // clients, more than the queue of 4 holds
	many   = 80 // clients, more than three quarters of 64
)

func namespaceExperiments() []Experiment {
	var all []Experiment
	for _, cookies := range []int{0, 1, 2} {
		what := fmt.Sprintf("tcp_syncookies=%d, listen(3); %d clients send SYN and never ACK", cookies, silent)
		all = append(all, inNamespace(fmt.Sprintf("half-open-cookies-%d", cookies), what,
			map[string]int{"tcp_syncookies": cookies}, halfOpenLimit(3, silent)))
	}
	for _, most := range []int{8, 64} {
		what := fmt.Sprintf("tcp_syncookies=0, tcp_max_syn_backlog=%d, listen(128); %d clients send SYN and never ACK", most, many)
		all = append(all, inNamespace(fmt.Sprintf("half-open-backlog-%d", most), what,
			map[string]int{"tcp_syncookies": 0, "tcp_max_syn_backlog": most}, halfOpenLimit(128, many)))
	}
	for _, abort := range []int{0, 1} {
		what := fmt.Sprintf("tcp_abort_on_overflow=%d, listen(1), full; the final ACKs of a half-open connection and of a cookie", abort)
		all = append(all, inNamespace(fmt.Sprintf("late-ack-abort-%d", abort), what,
			map[string]int{"tcp_abort_on_overflow": abort}, lateAck))
	}
	return append(all, inNamespace("expiry", "tcp_synack_retries=1, listen(5); a client sends SYN, and ACK when it is forgotten",
		map[string]int{"tcp_synack_retries": 1}, expiry))
}
