package sim

// store keeps the entries of a wheel's far buckets in chunks, and the chunks in pages.
// Pages are allocated once and used again. The store grows without copying, and only as
// much as necessary. 10 million entries of 32 bytes take 33 bytes each; in a slice they
// take up to 96 bytes each while it doubles.
type store[E any] struct {
	pages  []*[perPage]chunk[E]
	made   uint32 // chunks allocated
	vacant uint32 // first free chunk, as index + 1
}

// chunk is a piece of a series.
type chunk[E any] struct {
	count   uint32
	next    uint32 // index + 1
	entries [perChunk]entry[E]
}

// series is a sequence of entries in order of insertion. The zero value is empty.
type series struct {
	head, tail uint32 // chunks, as index + 1
	count      uint32 // entries
}

const (
	perChunk = 42
	perPage  = 16 // chunks
)

func (s *store[E]) chunk(i uint32) *chunk[E] { return &s.pages[(i-1)/perPage][(i-1)%perPage] }

// append adds an entry at the end of a series and returns it. The caller fills it.
func (s *store[E]) append(c *series) *entry[E] {
	if c.tail == 0 {
		c.head = s.take()
		c.tail = c.head
	}
	k := s.chunk(c.tail)
	if k.count == perChunk {
		i := s.take()
		k.next, c.tail = i, i
		k = s.chunk(i)
	}
	k.count++
	c.count++
	return &k.entries[k.count-1]
}

// each calls show for the entries of a series, in order.
func (s *store[E]) each(c series, show func(*entry[E])) {
	for i := c.head; i != 0; {
		k := s.chunk(i)
		for j := range k.entries[:k.count] {
			show(&k.entries[j])
		}
		i = k.next
	}
}

// join appends the entries of the series more to the series c.
func (s *store[E]) join(c *series, more series) {
	if c.count == 0 {
		*c = more
		return
	}
	s.chunk(c.tail).next = more.head
	c.tail = more.tail
	c.count += more.count
}

// take returns an empty chunk.
func (s *store[E]) take() uint32 {
	if i := s.vacant; i != 0 {
		k := s.chunk(i)
		s.vacant, k.next = k.next, 0
		return i
	}
	if int(s.made) == len(s.pages)*perPage {
		s.pages = append(s.pages, new([perPage]chunk[E]))
	}
	s.made++
	return s.made
}

// release frees a chunk and returns the one that follows it.
func (s *store[E]) release(i uint32) (next uint32) {
	k := s.chunk(i)
	next = k.next
	clear(k.entries[:k.count]) // they may hold pointers
	k.count, k.next, s.vacant = 0, s.vacant, i
	return next
}
