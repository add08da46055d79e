package delivery

import (
	"fmt"

	"parley/participants/food"
)

// Sample returns the couriers of a few zones.
func Sample() []food.Courier {
	return []food.Courier{
		{ID: 1, Name: "Ada", Zone: "north", Capacity: 10},
		{ID: 2, Name: "Bo", Zone: "north", Capacity: 10},
		{ID: 3, Name: "Chidi", Zone: "north", Capacity: 10},
		{ID: 4, Name: "Dora", Zone: "centre", Capacity: 10},
		{ID: 5, Name: "Emil", Zone: "centre", Capacity: 10},
		{ID: 6, Name: "Fatima", Zone: "centre", Capacity: 10},
		{ID: 7, Name: "Goran", Zone: "south", Capacity: 10},
		{ID: 8, Name: "Hana", Zone: "south", Capacity: 10},
		{ID: 9, Name: "Ivo", Zone: "south", Capacity: 10},
	}
}

// Bench returns 64 couriers in zone-0 to zone-7, with a capacity that no benchmark exhausts.
func Bench() []food.Courier {
	town := make([]food.Courier, 64)
	for i := range town {
		town[i] = food.Courier{ID: int64(i + 1), Name: fmt.Sprintf("Courier %d", i+1), Zone: fmt.Sprintf("zone-%d", i%8), Capacity: food.MaxStock}
	}
	return town
}
