// Every migration of the server's database, joined from the modules that own the tables.
#pragma once

#include <vector>

#include "store/database.h"

namespace karv::apps::server {

std::vector<store::Migration> server_migrations();

}  // namespace karv::apps::server
