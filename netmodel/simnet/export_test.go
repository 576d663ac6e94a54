package simnet

// Unaccepted returns how many connections are remembered until accept takes them.
func Unaccepted(n *Network) int {
	n.enter()
	defer n.leave()
	count := 0
	for _, p := range n.pairs.queue[n.pairs.head:] {
		if p != nil {
			count++
		}
	}
	return count
}
