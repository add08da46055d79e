package pgtest_test

import (
	"testing"

	"parley/blog/pgtest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServer(t *testing.T) {
	s := pgtest.Run(t)
	first, second := s.Schemas(t, 2), s.Schemas(t, 2)
	if len(first) != 2 || first[0] == first[1] || first[0] == second[0] {
		t.Errorf("the schemas are %q and %q", first, second)
	}
	s.Exec(t, "CREATE TABLE x (n int)", "INSERT INTO x VALUES (1)")
}
