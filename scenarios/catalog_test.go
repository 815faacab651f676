package scenarios_test

import (
	"testing"

	"github.com/outlocal/outlocal/scenarios"
)

func TestCatalog(t *testing.T) { scenarios.Run(t, scenarios.Catalog()) }
