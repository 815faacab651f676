module example.com/webhook

go 1.26.0

require github.com/outlocal/outlocal v0.0.0

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/mux v1.8.1 // indirect
)

replace github.com/outlocal/outlocal => ../..
