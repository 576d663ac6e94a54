package netmodel

// paged is a sequence that grows without copying its elements. Pointers to elements stay
// valid. An element costs the same at the end of a long run as at its beginning.
type paged[T any] struct {
	pages []*[pageLen]T
	len   int
}

const pageLen = 1 << 10

func (p *paged[T]) at(i int) *T { return &p.pages[i/pageLen][i%pageLen] }

// clone returns a copy with pages of its own.
func (p *paged[T]) clone() paged[T] {
	c := paged[T]{make([]*[pageLen]T, len(p.pages)), p.len}
	for i, page := range p.pages {
		c.pages[i] = new([pageLen]T)
		copy(c.pages[i][:], page[:min(pageLen, p.len-i*pageLen)])
	}
	return c
}

// add appends a zero value and returns it.
func (p *paged[T]) add() *T {
	if p.len == len(p.pages)*pageLen {
		p.pages = append(p.pages, new([pageLen]T))
	}
	p.len++
	return p.at(p.len - 1)
}
