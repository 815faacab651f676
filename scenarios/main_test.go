package scenarios_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Every play ends what it began.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
