//! What answers the query.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::StreamExt as _;
use tokio::runtime::{Builder, Runtime};

use crate::error::FeaturesError;
use crate::limits::Limits;
use crate::tiles::Tiles;

/// Why a query was not answered.
#[derive(Debug)]
pub enum QueryError {
    /// It needs more memory than it may have: fewer buckets may do.
    Memory,
    /// Anything else.
    Failed(String),
}

/// Takes a part of the answer.
pub type EachPart<'a> = dyn FnMut(&RecordBatch) -> Result<(), QueryError> + 'a;

/// Something that answers SQL over Parquet files.
pub trait Engine {
    /// Answers the query, which reads a table `tiles` that consists of these files, with columns as the query
    /// names them; parts may come in any order.
    ///
    /// # Errors
    ///
    /// The query cannot be answered.
    fn query(&mut self, sql: &str, files: &[PathBuf], each: &mut EachPart<'_>) -> Result<(), QueryError>;
}

/// DataFusion in this process.
///
/// It writes nothing to the disk: a query that does not fit into its memory fails.
pub struct Embedded {
    runtime: Runtime,
    config: SessionConfig,
    environment: Arc<RuntimeEnv>,
}

impl Embedded {
    /// # Errors
    ///
    /// The limits are out of range, or threads cannot be started.
    pub fn new(limits: &Limits) -> Result<Self, FeaturesError> {
        limits.check()?;
        let failed = |error: String| FeaturesError::Query(error);
        let runtime = Builder::new_multi_thread()
            .worker_threads(limits.partitions)
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let memory = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(memory)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
            .build_arc()
            .map_err(|error| failed(error.to_string()))?;
        let config = SessionConfig::new().with_target_partitions(limits.partitions);
        Ok(Self { runtime, config, environment })
    }
}

impl Engine for Embedded {
    fn query(&mut self, sql: &str, files: &[PathBuf], each: &mut EachPart<'_>) -> Result<(), QueryError> {
        let session = SessionContext::new_with_config_rt(self.config.clone(), Arc::clone(&self.environment));
        self.runtime.block_on(async {
            let mut parts = answer(&session, sql, files).await.map_err(error)?;
            while let Some(part) = parts.next().await {
                each(&part.map_err(error)?)?;
            }
            Ok(())
        })
    }
}

/// Registers the files as a table `tiles`, and begins to answer a query.
///
/// # Errors
///
/// A file cannot be read, or the query is wrong.
pub async fn answer(
    session: &SessionContext,
    sql: &str,
    files: &[PathBuf],
) -> Result<datafusion::execution::SendableRecordBatchStream, DataFusionError> {
    let schema = Tiles::schema();
    let files: Vec<String> = files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    let options = ParquetReadOptions { schema: Some(schema.as_ref()), ..ParquetReadOptions::default() };
    let tiles = session.read_parquet(files, options).await?.into_view();
    session.deregister_table("tiles")?;
    session.register_table("tiles", tiles)?;
    session.sql(sql).await?.execute_stream().await
}

/// What an error of DataFusion means for a query.
pub fn error(error: DataFusionError) -> QueryError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => QueryError::Memory,
        _ => QueryError::Failed(error.to_string()),
    }
}
